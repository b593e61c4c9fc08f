/** Puts a candidate's strengths into words. */
import { t } from '@/kit/locale'

/** Return its three best criteria, best first, with scores in hundredths. */
export function bestOf(scores: Record<string, number>): string {
  return Object.entries(scores)
    .filter(([name]) => name !== 'total')
    .sort(([, one], [, other]) => other - one)
    .slice(0, 3)
    .map(([name, score]) => t(`desk.criterion.${name}`, { score: Math.round(score * 100) }))
    .join(' · ')
}
