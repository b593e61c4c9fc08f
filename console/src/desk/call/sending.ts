/** Answering, relaying or dispatching the call in hand: once, and as soon as everything it needs is known. */
import { nextTick, type Ref, ref, shallowRef, watch } from 'vue'

import { answer, api, type Schemas } from '@/kit/api'
import { t } from '@/kit/locale'

import { useAct } from '../act'
import { beginCall, call, type Missing, missing, type Outcome, tally, toSend } from './call'
import { complete } from './danger'

/** What became of a call, and what it cost. */
export interface Given {
  given: Schemas['DispatchOut']
  outcome: Outcome
  cost: ReturnType<typeof tally.result>
}

/** `settling`: the caller, the item or the place is still looked up, and what is decided waits for it; `done` follows each call. */
export function useSending(settling: Ref<boolean>, done: () => void) {
  const gap = ref<Missing | null>(null)
  const decided = ref<Outcome | null>(null)
  const result = shallowRef<Given | null>(null)
  const { busy, problem, run } = useAct()
  let wanted: Outcome = 'keep'

  watch(
    () => ({ ...call.draft }),
    () => missing(call.draft, wanted) !== gap.value && (gap.value = null),
  )
  watch(settling, () => {
    const outcome = decided.value
    decided.value = null
    if (outcome && !settling.value) send(outcome)
  })

  function send(outcome: Outcome, parent?: string): void {
    if (settling.value && !call.sending) {
      decided.value = outcome
      return
    }
    wanted = outcome
    gap.value = call.sending ? null : missing(call.draft, call.recorded && outcome !== 'dispatch' ? 'keep' : outcome)
    const field = gap.value
    if (field) void nextTick(() => document.getElementById(`desk-${field}`)?.focus())
    else void run(() => deliver(outcome, parent))
  }

  async function deliver(outcome: Outcome, parent?: string): Promise<void> {
    if (call.recorded) {
      const given = await complete(outcome === 'dispatch', t('desk.learntLater'))
      finish({ given, outcome: outcome === 'dispatch' ? 'dispatch' : 'relay', cost: tally.result(performance.now()) })
      return
    }
    const sending = toSend(outcome, parent)
    try {
      const params = { header: { 'Idempotency-Key': sending.key } }
      const given = await answer(api.POST('/api/v1/requests', { params, body: sending.body }))
      if (sending.parent) {
        const path = { request_id: given.request.id }
        const body = { parent_id: sending.parent }
        await answer(api.PUT('/api/v1/requests/{request_id}/parent', { params: { path }, body }))
      }
      finish({ given, outcome: sending.outcome, cost: tally.result(performance.now()) })
    } catch (error) {
      if (!(error as { unanswered?: boolean }).unanswered) call.sending = null
      throw error
    }
  }

  function finish(given: Given): void {
    result.value = given
    const waiting = call.ringing
    beginCall()
    call.ringing = waiting
    done()
  }

  return { send, gap, decided, busy, problem, result }
}
