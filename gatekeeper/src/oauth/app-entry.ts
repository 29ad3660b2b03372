import { z } from 'zod'
import { type App, quotaMax, tokenDaysMax } from '../model/app.ts'
import { isWebOrigin } from '../model/origin.ts'

/** Requests in a period; null is no quota, 0 allows none. */
export const quota = z.int().min(0).max(quotaMax).nullable()

const names = z.array(z.string().min(1).max(200)).max(1000)

const origin = z
  .string()
  .refine(isWebOrigin, 'must be a web origin such as "https://app.example.com", without a path')

/** The member `app` of a client in `clients.json`. */
export const appEntry = z
  .strictObject({
    public: z.boolean().default(false),
    tokenDays: z
      .number()
      .min(1 / 24)
      .max(tokenDaysMax)
      .default(7),
    dailyQuota: quota.default(100),
    monthlyQuota: quota.default(3000),
    totalPerDay: quota.default(null),
    origins: z.array(origin).max(100).default([]),
    allowNoOrigin: z.boolean().default(true),
    providers: names.meta({ examples: ['["openai"]'] }).default([]),
    models: names.meta({ examples: ['["gpt-4o-mini"]'] }).default([]),
  })
  .superRefine((app, context) => {
    // Anybody gets tokens of a public app, and each is another user: only the total bounds it.
    if (app.public && app.totalPerDay === null) {
      const message = 'is missing; a public app needs it: the requests of all its callers in a day'
      context.addIssue({ code: 'custom', path: ['totalPerDay'], message })
    }
  }) satisfies z.ZodType<App>
