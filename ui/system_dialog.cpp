// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/system_dialog.h"

#include "core/base/format.h"
#include "ui/words.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDialogButtonBox>
#include <QFileDialog>
#include <QFormLayout>
#include <QLineEdit>
#include <QPushButton>
#include <QRegularExpression>
#include <QScrollArea>
#include <QVBoxLayout>

namespace lb {

namespace {

/// What the dialog calls its fields, instead of the inputs' names.
Remark titled(Remark remark, const std::vector<InputSpec> &inputs)
{
    for (const InputSpec &input : inputs) {
        // A word of its own: cluster_name is also the end of a key in the files.
        const QRegularExpression name(QStringLiteral("(?<![\\w.])%1(?!\\w|\\.\\w)")
                                          .arg(QRegularExpression::escape(input.name)));
        if (input.name.contains(QLatin1Char('_')) && !input.title.isEmpty())
            remark.text.replace(name, SystemDialog::tr("“%1”").arg(input.title));
    }
    return remark;
}

} // namespace

SystemDialog::SystemDialog(std::vector<SystemType> types, const std::vector<StoreProfile> &stores,
                           const std::optional<SystemProfile> &edited, const QStringList &taken,
                           QWidget *parent)
    : QDialog(parent),
      m_types(std::move(types)),
      m_edited(edited),
      m_taken(taken),
      m_name(named(new QLineEdit(this), "systemName", tr("Name"))),
      m_nameProblem(named(new PlainLabel(PlainLabel::Role::Body, this), "systemNameProblem")),
      m_typeText(named(new PlainLabel(PlainLabel::Role::Muted, this), "systemTypeText")),
      m_reason(named(new PlainLabel(PlainLabel::Role::Body, this), "systemReason")),
      m_type(named(new QComboBox(this), "systemType", tr("Type"))),
      m_store(named(new QComboBox(this), "systemStore", tr("Store"))),
      m_protected(
          named(new QCheckBox(tr("&Protected: every change asks for its name to be typed"), this),
                "systemProtected")),
      m_fillBox(named(new QWidget(this), "systemFillBox")),
      m_fill(named(new QPushButton(tr("&Fill from the vendor's files…"), m_fillBox), "systemFill")),
      m_fillText(named(new PlainLabel(PlainLabel::Role::Muted, m_fillBox), "systemFillText")),
      m_remarks(named(new InlineMessage(this), "systemRemarks")),
      m_form(named(new InputForm(this), "systemForm")),
      m_message(named(new InlineMessage(this), "systemMessage"))
{
    setObjectName(QStringLiteral("systemDialog"));
    setWindowTitle(edited ? tr("Edit %1").arg(displayText(edited->name)) : tr("New system"));
    setAccessibleName(windowTitle());
    m_nameProblem->setTone(Tone::Bad);
    m_nameProblem->hide();

    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(20, 16, 20, 16);
    column->setSpacing(12);
    column->addWidget(m_message);
    auto *area = named(new QScrollArea(this), "systemScroll", tr("Fields of the system"));
    area->setWidgetResizable(true);
    area->setFrameShape(QFrame::NoFrame);
    area->setFocusPolicy(Qt::NoFocus);
    auto *inner = named(new QWidget(area), "systemFields");
    auto *fields = new QVBoxLayout(inner);
    fields->setContentsMargins(0, 0, 4, 0);
    fields->setSpacing(16);
    auto *form = new QFormLayout;
    form->setVerticalSpacing(12);
    form->setHorizontalSpacing(16);
    form->setFieldGrowthPolicy(QFormLayout::AllNonFixedFieldsGrow);
    auto *nameColumn = new QVBoxLayout;
    nameColumn->setSpacing(3);
    nameColumn->addWidget(m_name);
    nameColumn->addWidget(m_nameProblem);
    auto *nameLabel = named(new QLabel(tr("&Name"), this), "systemNameLabel");
    nameLabel->setBuddy(m_name);
    form->addRow(nameLabel, nameColumn);
    auto *typeColumn = new QVBoxLayout;
    typeColumn->setSpacing(3);
    typeColumn->addWidget(m_type);
    typeColumn->addWidget(m_typeText);
    auto *typeLabel = named(new QLabel(tr("&Type"), this), "systemTypeLabel");
    typeLabel->setBuddy(m_type);
    form->addRow(typeLabel, typeColumn);
    auto *storeLabel = named(new QLabel(tr("&Store"), this), "systemStoreLabel");
    storeLabel->setBuddy(m_store);
    form->addRow(storeLabel, m_store);
    form->addRow(QString(), m_protected);
    auto *fillColumn = new QVBoxLayout(m_fillBox);
    fillColumn->setContentsMargins(0, 0, 0, 0);
    fillColumn->setSpacing(3);
    fillColumn->addWidget(m_fill, 0, Qt::AlignLeft);
    fillColumn->addWidget(m_fillText);
    m_fillText->setAlignment(Qt::AlignTop | Qt::AlignLeading);
    form->addRow(QString(), m_fillBox);
    fields->addLayout(form);
    fields->addWidget(m_remarks);
    fields->addWidget(m_form);
    fields->addStretch(1);
    area->setWidget(inner);
    column->addWidget(area, 1);
    column->addWidget(m_reason);
    auto *buttons = named(new QDialogButtonBox(this), "systemButtons");
    m_save = named(buttons->addButton(edited ? tr("Save changes") : tr("Add system"),
                                      QDialogButtonBox::AcceptRole),
                   "systemSave");
    named(buttons->addButton(QDialogButtonBox::Cancel), "systemCancel");
    makePrimary(m_save);
    column->addWidget(buttons);

    // What is given anew for each run has no place in a profile.
    for (SystemType &type : m_types)
        std::erase_if(type.inputs, [](const InputSpec &input) { return input.perRun; });
    for (const SystemType &type : m_types)
        m_type->addItem(displayText(type.title), type.id);
    for (const StoreProfile &store : stores)
        m_store->addItem(displayText(store.name), store.name);
    if (m_store->findData(QString(kDefaultStore)) < 0)
        m_store->insertItem(0, kDefaultStore, kDefaultStore);
    m_store->setCurrentIndex(m_store->findData(edited ? edited->store : QString(kDefaultStore)));
    if (edited) {
        m_name->setText(edited->name);
        m_name->setEnabled(false);
        m_type->setCurrentIndex(m_type->findData(edited->type));
        m_type->setEnabled(false);
        m_protected->setChecked(edited->isProtected);
    }
    showType();
    connect(m_type, &QComboBox::currentIndexChanged, this, &SystemDialog::showType);
    connect(m_name, &QLineEdit::textChanged, this, &SystemDialog::check);
    connect(m_fill, &QPushButton::clicked, this, &SystemDialog::chooseFiles);
    connect(m_form, &InputForm::changed, this, &SystemDialog::check);
    connect(buttons, &QDialogButtonBox::accepted, this, &SystemDialog::saveRequested);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    // Wide enough for the address of a toolchain.
    resize(960, 700);
    (edited ? static_cast<QWidget *>(m_form) : m_name)->setFocus();
}

QString SystemDialog::name() const
{
    return m_name->text();
}

QString SystemDialog::type() const
{
    return m_type->currentData().toString();
}

QString SystemDialog::store() const
{
    return m_store->currentData().toString();
}

bool SystemDialog::isProtected() const
{
    return m_protected->isChecked();
}

QMap<QString, QStringList> SystemDialog::texts() const
{
    return m_edited ? m_form->changedTexts() : m_form->texts();
}

QMap<QString, QStringList> SystemDialog::typedTexts() const
{
    QMap<QString, QStringList> given = m_form->typedTexts();
    // Whether the files are from this machine, the field says also when nobody touched it.
    const QString host = QStringLiteral("host");
    given.insert(host, m_form->texts().value(host));
    return given;
}

void SystemDialog::chooseFiles()
{
    auto *dialog =
        named(new QFileDialog(this, tr("Fill from the vendor's files")), "systemFillDialog");
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::ExistingFiles);
    dialog->setNameFilters({tr("Settings (%1)").arg(QStringLiteral("*.yml *.yaml")),
                            tr("All files (%1)").arg(QStringLiteral("*"))});
    // They lie in different folders: those that were chosen before count on, after the new ones.
    connect(dialog, &QFileDialog::filesSelected, this, [this](const QStringList &files) {
        m_chosen = files + m_files;
        m_chosen.removeDuplicates();
        Q_EMIT fillRequested(m_chosen);
    });
    dialog->open();
}

void SystemDialog::fill(const FilledInputs &filled)
{
    m_files = m_chosen;
    m_message->clear();
    m_form->fill(filled.inputs);
    QStringList lines;
    bool isWarned = false;
    const int row = m_type->currentIndex();
    const std::vector<InputSpec> inputs =
        row < 0 ? std::vector<InputSpec>() : m_types[size_t(row)].inputs;
    for (const Remark &remark : filled.remarks) {
        const QString said = displayText(titled(remark, inputs).sentence());
        lines << (remark.isWarning ? tr("• Warning: %1").arg(said) : tr("• %1").arg(said));
        isWarned = isWarned || remark.isWarning;
    }
    m_remarks->showMessage(
        isWarned ? Tone::Warn : Tone::Neutral,
        tr("%n field(s) filled; look at them before you save. No password was taken.", nullptr,
           int(filled.inputs.size())),
        lines.join(QLatin1Char('\n')));
    check();
}

void SystemDialog::showProblem(const Error &error)
{
    m_message->showMessage(
        Tone::Bad, displayText(error.summary),
        displayText(QStringList{error.detail, error.advice}.join(QLatin1Char('\n')).trimmed(),
                    true));
}

void SystemDialog::showType()
{
    const int row = m_type->currentIndex();
    if (row < 0 || row >= int(m_types.size()))
        return check();
    const SystemType &type = m_types[size_t(row)];
    m_typeText->setText(displayText(type.description));
    m_typeText->setVisible(!type.description.isEmpty());
    m_fillBox->setVisible(!type.vendorFiles.isEmpty());
    m_fillText->setText(displayText(type.vendorFiles.join(QStringLiteral(", "))));
    m_fill->setAccessibleDescription(m_fillText->text());
    m_files.clear();
    m_remarks->clear();
    m_form->setSpecs(type.inputs, m_edited ? m_edited->inputs : QJsonObject());
    // One edge for the labels of both forms.
    int widest = 0;
    QList<QLabel *> labels = m_form->findChildren<QLabel *>(QStringLiteral("inputLabel"));
    for (const char *name : {"systemNameLabel", "systemTypeLabel", "systemStoreLabel"})
        labels << findChild<QLabel *>(QLatin1String(name));
    for (const QLabel *label : labels)
        widest = qMax(widest, label->sizeHint().width());
    for (QLabel *label : labels)
        label->setMinimumWidth(widest);
    check();
}

void SystemDialog::check()
{
    QString problem;
    if (!m_edited) {
        if (m_taken.contains(m_name->text()))
            problem = tr("A system of this name exists already");
        m_nameProblem->setText(problem);
        m_nameProblem->setVisible(!problem.isEmpty());
        if (m_name->text().isEmpty())
            problem = tr("Name: must be filled in");
    }
    if (problem.isEmpty())
        problem = m_form->problem();
    m_reason->setText(problem.isEmpty() ? QString() : tr("Still needed: %1").arg(problem));
    m_reason->setVisible(!problem.isEmpty());
    m_save->setEnabled(problem.isEmpty());
}

} // namespace lb
