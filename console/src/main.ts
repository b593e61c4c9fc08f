import './kit/theme.css'
import './kit/controls.css'
import './kit/theme'

import { createApp } from 'vue'

import App from './App.vue'
import { i18n } from './kit/locale'
import { router } from './router'

createApp(App).use(i18n).use(router).mount('#app')
