import { sendLast } from '../../src/http/conclude.ts'
import type { Admission } from '../../src/model/admission.ts'
import type { Exchange, Forwarded } from '../../src/upstreams/exchange.ts'
import type { Forwarder } from '../../src/upstreams/forward.ts'

/** Forwards a request and settles it, as the relay point does. */
export async function forwardAndSettle(
  forwarder: Forwarder,
  admission: Admission,
  exchange: Exchange,
  settleMsMax?: number,
): Promise<Forwarded> {
  const served = await forwarder.forward(admission, exchange)
  const settled = admission.reservation.settle(served.outcome, served.usage)
  return { ...(await sendLast(served, settled, settleMsMax)), last: undefined }
}
