/** The provider's outbox. A later step of the same kind and subject replaces an unsent one. */
import { answer, api, type Schemas } from '@/kit/api'
import { createOutbox, type Step as Kept } from '@/kit/outbox'

export type Action =
  | { kind: 'accept'; subject: string; body: Schemas['Acceptance'] }
  | { kind: 'decline'; subject: string; body: Schemas['Refusal'] }
  | { kind: 'start'; subject: string; body: Schemas['Start'] }
  | { kind: 'appointment'; subject: string; body: Schemas['Appointment'] }
  | { kind: 'extension'; subject: string; body: Schemas['ExtensionIn'] }
  | { kind: 'quote'; subject: string; body: Schemas['Quote'] }
  | { kind: 'complete'; subject: string; body: Schemas['Completion'] }
  | { kind: 'return'; subject: string; body: Schemas['JobReturn'] }
  | { kind: 'fail'; subject: string; body: { note: string } }
  | { kind: 'reply' | 'appeal'; subject: string; body: Schemas['ReplyOrAppeal'] }
  | { kind: 'availability'; subject: 'self'; body: Schemas['Availability'] }

export type Step = Kept<Action>

export const { outbox, unsent, refused, openOutbox, closeOutbox, say, pending, dismiss, send } = createOutbox<Action>({
  perform,
  replaces: (earlier, later) => earlier.kind === later.kind && earlier.subject === later.subject,
  passing: ['request_on_hold'],
})

function perform(step: Action): Promise<unknown> {
  const offer = { params: { path: { offer_id: step.subject } } }
  const job = { params: { path: { job_id: step.subject } } }
  const entry = { params: { path: { entry_id: step.subject } } }
  switch (step.kind) {
    case 'accept':
      return answer(api.PUT('/api/v1/provider/offers/{offer_id}/acceptance', { ...offer, body: step.body }))
    case 'decline':
      return answer(api.PUT('/api/v1/provider/offers/{offer_id}/refusal', { ...offer, body: step.body }))
    case 'start':
      return answer(api.PUT('/api/v1/provider/jobs/{job_id}/start', { ...job, body: step.body }))
    case 'appointment':
      return answer(api.PUT('/api/v1/provider/jobs/{job_id}/appointment', { ...job, body: step.body }))
    case 'extension':
      return answer(api.PUT('/api/v1/provider/jobs/{job_id}/extension', { ...job, body: step.body }))
    case 'quote':
      return answer(api.PUT('/api/v1/provider/jobs/{job_id}/quote', { ...job, body: step.body }))
    case 'complete':
      return answer(api.PUT('/api/v1/provider/jobs/{job_id}/completion', { ...job, body: step.body }))
    case 'return':
      return answer(api.PUT('/api/v1/provider/jobs/{job_id}/return', { ...job, body: step.body }))
    case 'fail':
      return answer(api.PUT('/api/v1/provider/jobs/{job_id}/failure', { ...job, body: step.body }))
    case 'reply':
      return answer(api.PUT('/api/v1/provider/credit/{entry_id}/reply', { ...entry, body: step.body }))
    case 'appeal':
      return answer(api.PUT('/api/v1/provider/credit/{entry_id}/appeal', { ...entry, body: step.body }))
    case 'availability':
      return answer(api.PATCH('/api/v1/provider/availability', { body: step.body }))
  }
}
