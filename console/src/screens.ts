/** The screens, in the order of the navigation. Each has a folder of its own and loads when it is opened. */
import type { Component } from 'vue'

import type { Both } from './kit/locale'
import type { Role } from './kit/session'
import desk from './desk/screen'
import provider from './provider/screen'
import today from './today/screen'

export interface Screen {
  path: string
  title: Both
  roles: readonly Role[]
  load: () => Promise<{ default: Component }>
}

export const screens: readonly Screen[] = [desk, today, provider]
