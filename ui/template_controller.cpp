// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/template_controller.h"

#include <QSettings>

namespace lb {

TemplateReading::TemplateReading(Service *service, TemplateDialog *dialog,
                                 const RestorePoint &point, const QString &part)
    : QObject(service), m_service(service), m_dialog(dialog), m_part(part)
{
    if (!m_folder.isValid()) {
        giveUp({ErrorCode::NoSpace,
                tr("A folder for a moment cannot be made"),
                m_folder.errorString(),
                {}});
        return;
    }
    const QJsonObject inputs{{QStringLiteral("point"), point.id},
                             {QStringLiteral("part"), part},
                             {QStringLiteral("paths"), QJsonArray{QStringLiteral(".")}},
                             {QStringLiteral("to"), m_folder.path()}};
    onDone(this,
           service->startBuiltIn(QStringLiteral("lifeboat.extract"), point.system, inputs, {}),
           [this](const Result<RunId> &run) {
               if (run)
                   follow(*run);
               else
                   giveUp(run.error());
           });
}

void TemplateReading::follow(const RunId &run)
{
    m_follower = m_service->follow(run, this);
    connect(m_follower, &RunFollower::changed, this, &TemplateReading::look);
    connect(m_follower, &RunFollower::loaded, this, &TemplateReading::look);
    connect(m_follower, &RunFollower::runnerGone, this, &TemplateReading::look);
    look();
}

void TemplateReading::look()
{
    const RunView &view = m_follower->view();
    if (m_hasEnded || (!isEnded(view.shown) && view.shown != RunStateName::Interrupted))
        return;
    m_hasEnded = true;
    if (view.shown == RunStateName::Succeeded || view.shown == RunStateName::Warned)
        return give();
    giveUp({ErrorCode::Failed, tr("The template could not be taken out of the restore point"),
            view.state.endError ? view.state.endError->sentence() : QString(),
            tr("“lifeboat-cli runs show %1” has the details.").arg(m_follower->run().value())});
}

void TemplateReading::give()
{
    const auto made = readToolchainTemplate(m_folder.path());
    if (!made)
        return giveUp(made.error());
    if (m_dialog)
        m_dialog->setTemplate(m_part, *made);
    deleteLater();
}

void TemplateReading::giveUp(const Error &error)
{
    if (m_dialog)
        m_dialog->setProblem(m_part, error);
    deleteLater();
}

TemplateDialog *openTemplateDialog(Service *service, QSettings *settings, const RestorePoint &point,
                                   QWidget *parent)
{
    static const QString key = QStringLiteral("template/layout");
    auto *dialog = new TemplateDialog(point, parent);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->restoreLayout(settings->value(key).toByteArray());
    QObject::connect(dialog, &TemplateDialog::partRequested, service,
                     [service, dialog, point](const QString &part) {
                         new TemplateReading(service, dialog, point, part);
                     });
    QObject::connect(dialog, &QDialog::finished, dialog,
                     [settings, dialog] { settings->setValue(key, dialog->saveLayout()); });
    dialog->show();
    return dialog;
}

} // namespace lb
