import { useEffect, useState } from 'preact/hooks'
import { later } from '../lib/later.tsx'
import { setProveFor } from '../proof.ts'
import type { ProofProps } from './proof-dialog.tsx'

const ProofDialog = later<ProofProps>(async () => (await import('./proof-dialog.tsx')).ProofDialog)

/** Asks for proofs, wherever they are needed: `await proveFor(act, target)`. */
export function ProofHost() {
  const [asked, setAsked] = useState<ProofProps | null>(null)
  useEffect(() => {
    setProveFor(
      (act, target) =>
        new Promise((resolve) => {
          setAsked({
            ...{ act, target },
            onDone: (stepUp) => {
              setAsked(null)
              resolve(stepUp)
            },
          })
        }),
    )
  }, [])
  return asked === null ? null : <ProofDialog {...asked} />
}
