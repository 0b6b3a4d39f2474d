// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/thread_limit.h"

#include "core/base/error.h"

#include <cstdio>

#include <unistd.h>

namespace lb {

namespace {

LB_TRANSLATE(ThreadLimit)

QtMessageHandler previous = nullptr;

void endOnRefusal(QtMsgType type, const QMessageLogContext &context, const QString &text)
{
    if (text.startsWith(QLatin1String("QThread::start: Thread creation error"))) {
        const QByteArray sentence =
            tr("lifeboat-cli: The system gives no more threads: stop other programs of this user, "
               "or raise the limit (ulimit -u). Nothing half-done counts; start it again")
                .toUtf8();
        std::fprintf(stderr, "%s\n", sentence.constData());
        ::_exit(1);
    }
    if (previous)
        previous(type, context, text);
}

} // namespace

void endWithoutThreads()
{
    previous = qInstallMessageHandler(endOnRefusal);
}

} // namespace lb
