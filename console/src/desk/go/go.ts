/** The windows open over the desk while the current call stays as it is. */
import { ref } from 'vue'

import type { Schemas } from '@/kit/api'

import { providerOpen } from '../provider/provider'

/** The number of the request that is open; 0 for none. */
export const requestOpen = ref(0)
/** The citizen whose card is open. */
export const citizenOpen = ref<Schemas['CitizenFound'] | null>(null)

export function openRequest(number: number): void {
  providerOpen.value = ''
  citizenOpen.value = null
  requestOpen.value = number
}
