/** Runs one call to the centre at a time, with the problem if it fails and a way to retry. */
import { onScopeDispose, ref, shallowRef } from 'vue'

import { Problem } from '@/kit/api'

import { post, Refused } from './calls/post'

export function useAct() {
  const busy = ref(false)
  const problem = shallowRef<Problem>()
  let last: () => Promise<void> = async () => {}
  let gone = false
  onScopeDispose(() => (gone = true))

  async function run(work: () => Promise<void>): Promise<void> {
    if (busy.value) return
    last = work
    busy.value = true
    problem.value = undefined
    try {
      await work()
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      problem.value = error
      // Shown here beside the form. If the component is gone, the refusal stays in the post.
      if (error instanceof Refused && !gone) post.dismiss({ id: error.letter })
    } finally {
      busy.value = false
    }
  }
  return { busy, problem, run, again: () => run(last) }
}
