export const ranges = ['1h', '24h', '7d', '30d'] as const
export type Range = (typeof ranges)[number]

export const rangeTitles: Readonly<Record<Range, string>> = {
  '1h': '1 h',
  '24h': '24 h',
  '7d': '7 d',
  '30d': '30 d',
}
