/** One thing at a time that is told to the centre, with what went wrong and the way to try it again. */
import { ref, shallowRef } from 'vue'

import { Problem } from '@/kit/api'

export function useAct() {
  const busy = ref(false)
  const problem = shallowRef<Problem>()
  let last: () => Promise<void> = async () => {}

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
    } finally {
      busy.value = false
    }
  }
  return { busy, problem, run, again: () => run(last) }
}
