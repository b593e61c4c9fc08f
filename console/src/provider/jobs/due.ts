import type { Schemas } from '@/kit/api'

/** Return when the job's next step is due, in milliseconds since 1970; Infinity if it has no deadline. */
export function dueAt(job: Schemas['JobOut']): number {
  const due = job.status === 'accepted' ? (job.arrive_by ?? job.appointment_to) : job.complete_by
  return due ? Date.parse(due) : Infinity
}
