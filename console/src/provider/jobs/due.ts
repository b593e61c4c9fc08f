import type { Schemas } from '@/kit/api'

/** When the next step of a job is due, in milliseconds since 1970; never, when nobody said. */
export function dueAt(job: Schemas['JobOut']): number {
  const due = job.status === 'accepted' ? (job.arrive_by ?? job.appointment_to) : job.complete_by
  return due ? Date.parse(due) : Infinity
}
