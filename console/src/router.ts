import { createRouter, createWebHistory } from 'vue-router'

import { watch } from 'vue'

import Account from './kit/account/Account.vue'
import Home from './kit/Home.vue'
import { locale } from './kit/locale'
import { may, session, whoami } from './kit/session'
import SignIn from './kit/SignIn.vue'
import { screens } from './screens'

export const SIGN_IN = '/sign-in'
const ACCOUNT = '/account'

export const router = createRouter({
  history: createWebHistory(),
  routes: [
    { path: SIGN_IN, component: SignIn },
    { path: '/', component: Home },
    { path: ACCOUNT, component: Account },
    ...screens.map(({ path, load, title, roles }) => ({ path, component: load, meta: { title, roles } })),
    { path: '/:missing(.*)*', component: Home },
  ],
})

router.beforeEach(async (to) => {
  if (!session.known) await whoami().catch(() => {}) // the sign-in page says what is wrong when it is used
  if (!session.me || session.me.due)
    return to.path === SIGN_IN || { path: SIGN_IN, query: to.path === '/' ? {} : { next: to.fullPath } }
  const screen = screens.find(({ path }) => path === to.path)
  const first = screens.find(({ roles }) => may(roles))
  const lost = to.path === SIGN_IN || to.path === '/' || (screen && !may(screen.roles))
  return lost && first ? first.path : true
})

watch(
  () => [router.currentRoute.value.path, locale()],
  ([path]) => {
    const title = screens.find((screen) => screen.path === path)?.title[locale()]
    document.title = title ? `${title} · 81890` : '81890'
  },
)

watch(
  () => session.me,
  (me) => {
    const { path, fullPath } = router.currentRoute.value
    if ((!me || me.due) && path !== SIGN_IN)
      void router.replace({ path: SIGN_IN, query: session.ended || me ? { next: fullPath } : {} })
  },
)
