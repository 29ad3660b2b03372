/**
 * Returns whether an RSA modulus was made by the faulty generator of CVE-2017-15361 (ROCA): modulo
 * each of these primes it is then a power of 65537. A sound modulus passes that test for all primes
 * with a chance of about 2^-28. Source: M. Nemec et al., "The Return of Coppersmith's Attack", CCS
 * 2017, §3.
 */
export function hasRocaFingerprint(modulus: bigint): boolean {
  return powers.every(({ prime, residues }) => residues.has(Number(modulus % prime)))
}

// Primes whose subgroup of 65537 is smaller than the whole group; the others give no information.
const primes = [
  11n,
  13n,
  17n,
  19n,
  37n,
  53n,
  61n,
  71n,
  73n,
  79n,
  97n,
  103n,
  107n,
  109n,
  127n,
  151n,
  157n,
]

const powers = primes.map((prime) => {
  const residues = new Set<number>()
  for (let power = 1n; !residues.has(Number(power)); power = (power * 65_537n) % prime) {
    residues.add(Number(power))
  }
  return { prime, residues }
})
