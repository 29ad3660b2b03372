/** Draws a stacked chart with uPlot; fetched only where a chart is shown. */
import uPlot from 'uplot'
import { stack } from '../lib/series.ts'
import type { ChartProps } from './chart-props.ts'

const height = 216

/** Draws into the element and follows its width. Returns how to take it away. */
export function drawChart(element: HTMLElement, props: ChartProps): () => void {
  const colours = coloursOf(element)
  const plot = new uPlot(optionsFor(element, props, colours), dataOf(props), element)
  const observer = new ResizeObserver(() => {
    const width = element.clientWidth
    if (width > 0 && width !== plot.width) plot.setSize({ width, height })
  })
  observer.observe(element)
  return () => {
    observer.disconnect()
    plot.destroy()
  }
}

/** The highest stack first: each lower one is painted over it. */
function dataOf({ times, series }: ChartProps): uPlot.AlignedData {
  const tops = stack(series).map((values) => [...values])
  return [times.map((at) => at / 1000), ...tops.reverse()]
}

type Colours = Readonly<Record<'ink' | 'line' | 'paper', string>> & {
  readonly of: readonly string[]
}

/** Canvas knows no tokens: they are resolved here, and again when the theme changes. */
function coloursOf(element: HTMLElement): Colours {
  const probe = document.createElement('i')
  element.append(probe)
  // Forced colours would make all series one; text and lines take them.
  const resolve = (token: string, adjust = 'auto') => {
    probe.style.setProperty('forced-color-adjust', adjust)
    probe.style.color = `var(${token})`
    return getComputedStyle(probe).color
  }
  const of = ['--s1', '--s2', '--s3', '--s4'].map((token) => resolve(token, 'none'))
  const colours = {
    ink: resolve('--ink-3'),
    line: resolve('--line'),
    paper: resolve('--panel', 'none'),
    of,
  }
  probe.remove()
  return colours
}

function optionsFor(element: HTMLElement, props: ChartProps, colours: Colours): uPlot.Options {
  const font = `12px ${getComputedStyle(element).fontFamily}`
  const axis = { font, stroke: colours.ink, ticks: { show: false } }
  return {
    width: Math.max(element.clientWidth, 200),
    height,
    // On the right there is half of a label that stands at the end.
    padding: [8, 18, 0, 0],
    legend: { show: false },
    cursor: { show: false },
    scales: {
      x: { time: true, range: (_plot, min, max) => rangeOf(props, min, max) },
      y: { range: (_plot, _min, max) => [0, nice(max)] },
    },
    axes: [
      {
        ...axis,
        size: 26,
        gap: 6,
        space: 84,
        grid: { show: false },
        values: (_plot, splits) => splits.map((at) => props.formatTime(at * 1000)),
      },
      {
        ...axis,
        size: 52,
        gap: 8,
        splits: (_plot, _axis, _min, max) => [0, max / 3, (max * 2) / 3, max],
        grid: { stroke: colours.line, width: 1 },
        values: (_plot, splits) => splits.map((value) => props.format(value)),
      },
    ],
    series: [{}, ...seriesFor(props, colours)],
  }
}

function seriesFor({ kind, series, times }: ChartProps, colours: Colours): uPlot.Series[] {
  const bars = uPlot.paths.bars?.({ size: [0.68, 28], radius: 0.08 })
  return series
    .map((one, index) => {
      const colour = colours.of[index] ?? colours.ink
      return {
        label: one.name,
        // A line of the panel's colour between the parts: shares are told apart without colours.
        stroke: kind === 'areas' ? colours.paper : colour,
        width: kind === 'areas' ? 1 : 0,
        fill: colour,
        points: { show: times.length === 1 },
        ...(kind === 'bars' && bars !== undefined && { paths: bars }),
      }
    })
    .reverse()
}

/** Bars stand on the beginning of their time, and half a bar beside it. */
function rangeOf({ kind, times }: ChartProps, min: number, max: number): [number, number] {
  if (times.length < 2) return [min - 43_200, max + 43_200]
  const half = kind === 'bars' ? (max - min) / (times.length - 1) / 2 : 0
  return [min - half, max + half]
}

/** The next number above that three steps divide well. */
function nice(max: number): number {
  if (!(max > 0)) return 3
  const exact = 10 ** Math.floor(Math.log10(max / 3))
  // Half a request at a line would be rounded to another number.
  const isCount = Number.isInteger(max)
  const power = isCount ? Math.max(exact, 1) : exact
  const steps = [1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10]
  const isFit = (one: number) => !isCount || Number.isInteger(one * power)
  const step = steps.find((one) => isFit(one) && one * power * 3 >= max) ?? 10
  return step * power * 3
}
