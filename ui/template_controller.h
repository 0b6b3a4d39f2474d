// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/template_dialog.h"

#include "core/service/service.h"

#include <QPointer>
#include <QTemporaryDir>

class QSettings;

namespace lb {

/// Reads one toolchain part for a dialog: a hidden run takes its files out of the restore point
/// into a folder that goes again. Stays until that run has ended, also without the dialog, so that
/// nothing is written into a folder that is gone. Deletes itself.
class TemplateReading : public QObject
{
    Q_OBJECT
public:
    TemplateReading(Service *service, TemplateDialog *dialog, const RestorePoint &point,
                    const QString &part);

private:
    void follow(const RunId &run);
    void look();
    void give();
    void giveUp(const Error &error);

    Service *m_service;
    QPointer<TemplateDialog> m_dialog;
    QString m_part;
    QTemporaryDir m_folder;
    RunFollower *m_follower = nullptr;
    bool m_hasEnded = false;
};

/// Shows the templates of the restore point in a dialog of its own, whose size is remembered. The
/// settings must outlive it.
TemplateDialog *openTemplateDialog(Service *service, QSettings *settings, const RestorePoint &point,
                                   QWidget *parent);

} // namespace lb
