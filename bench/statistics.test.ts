import { describe, expect, it } from 'vitest'
import { median, medianDifference, medianRatio, quantile, rangeOf } from './statistics.ts'

describe('statistics', () => {
  it('a quantile is one of the values (nearest rank)', () => {
    const values = Array.from({ length: 100 }, (_, at) => 100 - at)
    expect(quantile(values, 0.5)).toBe(50)
    expect(quantile(values, 0.99)).toBe(99)
    expect(quantile(values, 0)).toBe(1)
    expect(quantile(values, 1)).toBe(100)
  })

  it('the median of an even number of values is between the middle two', () => {
    expect(median([4, 1, 3, 2])).toBe(2.5)
    expect(median([3, 1, 2])).toBe(2)
  })

  it('without values the result is NaN, not zero', () => {
    expect(median([])).toBeNaN()
    expect(quantile([], 0.5)).toBeNaN()
    expect(medianRatio([], [])).toBeNaN()
  })

  it('sorts by size, not as text, and does not change its input', () => {
    const values = [10, 9, 100]
    expect(median(values)).toBe(10)
    expect(values).toEqual([10, 9, 100])
  })

  it('ratios and differences are computed within each round', () => {
    expect(medianRatio([90, 45, 900], [100, 50, 1000])).toBeCloseTo(0.9)
    expect(medianDifference([1.5, 5.5, 2.5], [1, 5, 2])).toBeCloseTo(0.5)
  })

  it('a range is the smallest and the largest value', () => {
    expect(rangeOf([3, 1, 2])).toEqual([1, 3])
  })
})
