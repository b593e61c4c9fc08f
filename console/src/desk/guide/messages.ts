const zh = {
  desk: {
    guide: '通话指引',
    guideRest: {
      what: '问清要什么，照原话打进去',
      where: '问清在哪里：小区、路名门牌或附近的标志',
      when: '什么时候方便，有多少',
      end: '复述一遍，再告诉来电人接下来会怎样',
    },
    asks: { dispatch: '问清楚，单位一次带齐', relay: '问清楚，转接时说得明白' },
    asksLeft: '还有 {n} 项没问',
    notAsked: '还没问',
    howMuch: '数量',
    sameCaller: '这个号码已有 {n} 件同类求助',
    sameplace: '同小区同类求助 {n} 件，可能重复',
    connect: '转给',
    spoken: '已念',
    key: {
      asks: '下一个没问的问题',
      merge: '并入最可能重复的一件',
      spoken: '险情：这一句已念',
      whoInDanger: '险情：来电人自己或别人',
    },
    notFindable: '只知道在{place}，单位找不到。请问小区、路名门牌或附近的标志；先记下、转接不用等。',
    notFindableUnannounced: '没有号码可问路，单位找不到。请写下门牌、楼层或附近的标志。',
  },
}

const en: typeof zh = {
  desk: {
    guide: 'Call guide',
    guideRest: {
      what: 'Ask what is needed, and type it in their words',
      where: 'Ask where: the estate, street and number, or a landmark',
      when: 'Ask when suits them, and how much there is to do',
      end: 'Read it back, then say what happens next',
    },
    asks: { dispatch: 'Ask now, so that one visit is enough', relay: 'Ask now, so that the line has every detail' },
    asksLeft: '{n} still to ask',
    notAsked: 'not asked yet',
    howMuch: 'Quantity:',
    sameCaller: 'This number already has {n} open for this item',
    sameplace: '{n} open for this item in this community: possible duplicates',
    connect: 'Relay to',
    spoken: 'Said',
    key: {
      asks: 'Next unanswered question',
      merge: 'Merge into the likeliest duplicate',
      spoken: 'Danger: this line has been said',
      whoInDanger: 'Danger: to the caller or somebody else',
    },
    notFindable:
      'Only {place} is known; no provider could find it. Ask for the estate, street and number, or a landmark. You can save or relay without it.',
    notFindableUnannounced:
      'There is no number to call for directions. Add the house number, floor or a landmark nearby.',
  },
}

export default { 'zh-CN': zh, en }
