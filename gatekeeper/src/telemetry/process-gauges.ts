import { monitorEventLoopDelay, performance } from 'node:perf_hooks'
import { Counter, Gauge, type Registry } from 'prom-client'

// Each tick of the measurement wakes the process: twenty per second have no visible cost.
const lagResolutionMs = 50

/**
 * Metrics of the process itself. Not prom-client's own set, which observes every garbage collection
 * and wakes the process a hundred times per second. Returns a function that stops them.
 */
export function addProcessGauges(registry: Registry): () => void {
  const lag = monitorEventLoopDelay({ resolution: lagResolutionMs })
  lag.enable()
  addLagGauge(registry, lag)
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      ...{ name, help, registers: [registry] },
      collect() {
        this.set(read())
      },
    })
  gauge('gatekeeper_resident_memory_bytes', 'Memory of the process', () =>
    process.memoryUsage.rss(),
  )
  gauge(
    'gatekeeper_heap_used_bytes',
    'JavaScript heap in use',
    () => process.memoryUsage().heapUsed,
  )
  addProcessorCounter(registry)
  gauge('gatekeeper_start_time_seconds', 'When the process started', () =>
    Math.round(performance.timeOrigin / 1000),
  )
  return () => lag.disable()
}

function addProcessorCounter(registry: Registry): void {
  new Counter({
    name: 'gatekeeper_cpu_seconds_total',
    help: 'Processor time since the start',
    registers: [registry],
    collect() {
      const { user, system } = process.cpuUsage()
      this.reset()
      this.inc((user + system) / 1e6)
    },
  })
}

const percentiles = [
  ['50', 50],
  ['99', 99],
  ['100', 100],
] as const

/** The delay of the event loop since the last scrape, by percentile. */
function addLagGauge(registry: Registry, lag: ReturnType<typeof monitorEventLoopDelay>): void {
  new Gauge({
    name: 'gatekeeper_event_loop_lag_seconds',
    help: 'Delay of the event loop since the last scrape',
    labelNames: ['percentile'],
    registers: [registry],
    collect() {
      for (const [percentile, share] of percentiles) {
        const lateMs = lag.count === 0 ? 0 : lag.percentile(share) / 1e6 - lagResolutionMs
        this.set({ percentile }, Math.max(0, lateMs) / 1000)
      }
      lag.reset()
    },
  })
}
