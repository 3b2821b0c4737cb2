#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
#
# look - open pages in a headless Chromium, and say what is wrong with them
#
#	look.py BROWSER FOLDER PAGE...
#
# Each page is opened 400 and 1400 pixels wide, in light and in dark. Wrong is: a
# message on the console, a request, the page wider than the window, text with less
# contrast to what is behind it than WCAG 2 asks for (4.5; large text and marks of
# plots 3), a box that scrolls sideways and has no edge where it goes on. FOLDER takes the browser's profile, and a picture of each look.
# Prints "ok" or "not ok", the page and the look; status 1 if anything is wrong.
#
# The browser is spoken to over pipes (--remote-debugging-pipe: descriptors 3 and 4,
# a NUL after each message), so nothing listens on a port.

import base64
import json
import os
import select
import subprocess
import sys
import time

LIMIT = 60

MEASURE = r'''
(() => {
  const bad = [];
  const rgb = (text) => {
    const m = text.match(/^rgba?\(([\d.]+), ([\d.]+), ([\d.]+)(?:, ([\d.]+))?\)$/);
    return m && { c: [+m[1], +m[2], +m[3]], a: m[4] === undefined ? 1 : +m[4] };
  };
  const light = (c) => {
    const [r, g, b] = c.map((v) => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (a, b) => {
    const [x, y] = [light(a), light(b)];
    return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
  };
  const behind = (e) => {
    for (; e; e = e.parentElement) {
      const c = rgb(getComputedStyle(e).backgroundColor);
      if (c && c.a === 1)
        return c.c;
    }
    return matchMedia('(prefers-color-scheme: dark)').matches ? [0, 0, 0] : [255, 255, 255];
  };
  const check = (e, colour, least, what) => {
    const c = rgb(colour);
    if (!c)
      bad.push(`${what}: colour ${colour} of ${e.tagName}`);
    else if (contrast(c.c, behind(e)) < least)
      bad.push(`${what}: contrast ${contrast(c.c, behind(e)).toFixed(2)} of ${colour} on rgb(${behind(e)})`);
  };
  let texts = 0, marks = 0;
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const e = walk.currentNode.parentElement, s = getComputedStyle(e), text = walk.currentNode.data.trim();
    if (!text || !e.getClientRects().length)
      continue;
    const size = parseFloat(s.fontSize), large = size >= 24 || (size >= 18.7 && s.fontWeight >= 700);
    check(e, e.closest('svg') ? s.fill : s.color, large ? 3 : 4.5, `"${text.slice(0, 40)}"`);
    texts++;
  }
  for (const property of ['color', 'stroke', 'fill'])
    for (const e of document.querySelectorAll(`figure [${property}*="var(--c"], figure [${property}*="var(--mark"]`)) {
      check(e, getComputedStyle(e)[property], 3, 'a mark');
      marks++;
    }
  const root = document.documentElement;
  if (root.scrollWidth > innerWidth)
    bad.push(`${root.scrollWidth} pixels wide in a window of ${innerWidth}`);
  for (const e of document.querySelectorAll('body *')) {
    const r = e.getBoundingClientRect();
    if (r.width && (r.right > innerWidth + 1 || r.left < -1) && !e.closest('.scroll'))
      bad.push(`${e.tagName}.${e.className.baseVal ?? e.className} reaches from ${r.left} to ${r.right}`);
  }
  for (const e of document.querySelectorAll('.scroll')) {
    const s = getComputedStyle(e);
    if (e.scrollWidth > e.clientWidth + 1 && !/local.*scroll/.test(s.backgroundAttachment))
      bad.push(`${e.getAttribute('aria-label')} goes on unseen`);
  }
  return { bad: [...new Set(bad)], texts, marks, plots: document.querySelectorAll('figure').length, width: innerWidth, height: root.scrollHeight,
           dark: matchMedia('(prefers-color-scheme: dark)').matches };
})()
'''


class Browser:
    def __init__(self, program, profile):
        to_read, self.to = os.pipe()
        self.back, to_write = os.pipe()

        def plumb():
            a, b = os.dup(to_read), os.dup(to_write)    # out of the way of 3 and 4
            os.dup2(a, 3)
            os.dup2(b, 4)

        self.child = subprocess.Popen(
            [program, '--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-dev-shm-usage',
             '--hide-scrollbars', '--disable-background-networking', '--disable-component-update',
             '--disable-sync', '--no-default-browser-check', '--disable-extensions',
             '--remote-debugging-pipe', '--user-data-dir=' + profile, 'about:blank'],
            preexec_fn=plumb, close_fds=False, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=open(profile + '.log', 'w'))
        os.close(to_read)
        os.close(to_write)
        self.next, self.rest, self.events = 0, b'', []

    def read(self, until):
        while b'\0' not in self.rest:
            left = until - time.monotonic()
            if left <= 0 or not select.select([self.back], [], [], left)[0]:
                raise TimeoutError('the browser does not answer')
            more = os.read(self.back, 1 << 20)
            if not more:
                raise EOFError('the browser ended with status %s' % self.child.wait())
            self.rest += more
        message, self.rest = self.rest.split(b'\0', 1)
        return json.loads(message)

    def call(self, method, session=None, **params):
        self.next += 1
        message = {'id': self.next, 'method': method, 'params': params}
        if session:
            message['sessionId'] = session
        os.write(self.to, json.dumps(message).encode() + b'\0')
        until = time.monotonic() + LIMIT
        while True:
            m = self.read(until)
            if m.get('id') == self.next:
                if 'error' in m:
                    raise RuntimeError('%s: %s' % (method, m['error']['message']))
                return m['result']
            self.events.append(m)

    def wait(self, method):
        until = time.monotonic() + LIMIT
        while not any(m.get('method') == method for m in self.events):
            self.events.append(self.read(until))


def complaints(events, page):
    for m in events:
        p = m.get('params', {})
        if m.get('method') == 'Log.entryAdded':
            yield 'console: ' + p['entry']['text']
        elif m.get('method') == 'Runtime.consoleAPICalled':
            yield 'console: ' + p['type']
        elif m.get('method') == 'Runtime.exceptionThrown':
            yield 'console: ' + p['exceptionDetails']['text']
        elif m.get('method') == 'Network.requestWillBeSent' and p['request']['url'] != page:
            yield 'request: ' + p['request']['url'][:200]


def look(browser, session, path, width, scheme, picture):
    page = 'file://' + os.path.abspath(path)
    browser.events = []
    browser.call('Emulation.setDeviceMetricsOverride', session, width=width, height=900, deviceScaleFactor=1,
                 mobile=False)
    browser.call('Emulation.setEmulatedMedia', session, features=[{'name': 'prefers-color-scheme', 'value': scheme}])
    browser.call('Page.navigate', session, url=page)
    browser.wait('Page.loadEventFired')
    seen = browser.call('Runtime.evaluate', session, expression=MEASURE, returnByValue=True)
    if 'exceptionDetails' in seen:
        raise RuntimeError('the measurement failed: %s' % seen['exceptionDetails'])
    seen = seen['result']['value']
    bad = list(complaints(browser.events, page)) + seen['bad']
    if seen['texts'] < 20 or seen['plots'] and not seen['marks'] or seen['width'] != width or seen['dark'] != (scheme == 'dark'):
        bad.append('this is not the look that was asked for: %s' % seen)
    shot = browser.call('Page.captureScreenshot', session, captureBeyondViewport=True,
                        clip={'x': 0, 'y': 0, 'width': width, 'height': min(seen['height'], 6000), 'scale': 1})
    with open(picture, 'wb') as f:
        f.write(base64.b64decode(shot['data']))
    return bad, seen


def main(program, folder, *pages):
    browser = Browser(program, os.path.join(folder, 'profile'))
    failed = False
    try:
        target = browser.call('Target.createTarget', url='about:blank')['targetId']
        session = browser.call('Target.attachToTarget', targetId=target, flatten=True)['sessionId']
        for domain in 'Page', 'Runtime', 'Log', 'Network':
            browser.call(domain + '.enable', session)
        for page in pages:
            for width in 400, 1400:
                for scheme in 'light', 'dark':
                    name = '%s-%d-%s' % (os.path.basename(page).rsplit('.', 1)[0], width, scheme)
                    bad, seen = look(browser, session, page, width, scheme, os.path.join(folder, name + '.png'))
                    print('%s %s: %d texts, %d marks' % ('not ok' if bad else 'ok', name, seen['texts'], seen['marks']))
                    for b in bad[:20]:
                        print('#   ' + b)
                    failed = failed or bool(bad)
        browser.call('Browser.close')
    finally:
        try:
            browser.child.wait(10)
        except subprocess.TimeoutExpired:
            browser.child.kill()
    return failed


sys.exit(main(*sys.argv[1:]))
