// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/input_form.h"

#include "core/base/format.h"
#include "core/base/json.h"

#include <QCheckBox>
#include <QComboBox>
#include <QFileDialog>
#include <QFontDatabase>
#include <QGridLayout>
#include <QJsonDocument>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QScrollBar>
#include <QVBoxLayout>

namespace lb {

namespace {

constexpr int kFewestLines = 3;
constexpr int kMostLines = 8;

/// Tab leaves the field: a form must be walkable by keyboard.
QPlainTextEdit *makeLines(QWidget *parent)
{
    auto *edit = new QPlainTextEdit(parent);
    edit->setTabChangesFocus(true);
    edit->setLineWrapMode(QPlainTextEdit::NoWrap);
    // As high as what is in it, within bounds; a list of five is seen whole.
    const auto fit = [edit] {
        const int lines = qBound(kFewestLines, edit->blockCount(), kMostLines);
        const QScrollBar *bar = edit->horizontalScrollBar();
        const int edges = 2 * (edit->frameWidth() + int(edit->document()->documentMargin()) + 1);
        edit->setFixedHeight(edit->fontMetrics().lineSpacing() * lines + edges +
                             (bar->maximum() > 0 ? bar->sizeHint().height() : 0));
    };
    QObject::connect(edit, &QPlainTextEdit::blockCountChanged, edit, fit);
    QObject::connect(edit->horizontalScrollBar(), &QScrollBar::rangeChanged, edit, fit);
    fit();
    return edit;
}

QStringList textsOf(const QJsonValue &value)
{
    switch (value.type()) {
    case QJsonValue::Array:
        return toStringList(value);
    case QJsonValue::Bool:
        return {value.toBool() ? QStringLiteral("yes") : QStringLiteral("no")};
    case QJsonValue::Double:
        return {QLocale::c().toString(value.toDouble(), 'g', 15)};
    case QJsonValue::String:
        return {value.toString()};
    default:
        return {};
    }
}

} // namespace

struct InputForm::Field
{
    InputSpec spec;
    QWidget *holder = nullptr;
    QLineEdit *line = nullptr;
    QPlainTextEdit *lines = nullptr;
    QComboBox *combo = nullptr;
    QCheckBox *check = nullptr;
    PlainLabel *message = nullptr;
    QString problem;
    QStringList initial;
    QStringList filled; ///< by fill(), as typed() gave it then

    void set(const QStringList &texts);
    bool manyLines() const { return spec.isList || spec.type == InputType::Command; }

    QStringList typed() const
    {
        if (line)
            return line->text().isEmpty() ? QStringList() : QStringList{line->text()};
        if (combo)
            return combo->currentText().isEmpty() ? QStringList()
                                                  : QStringList{combo->currentText()};
        if (check)
            return {check->isChecked() ? QStringLiteral("yes") : QStringLiteral("no")};
        QStringList items;
        for (const QString &item : lines->toPlainText().split(QLatin1Char('\n')))
            if (!item.trimmed().isEmpty())
                items << (spec.type == InputType::Command ? item : item.trimmed());
        if (items.isEmpty())
            return {};
        // One JSON list says exactly which items there are, also one that looks like a list.
        return {
            QString::fromUtf8(QJsonDocument(toJsonArray(items)).toJson(QJsonDocument::Compact))};
    }
};

void InputForm::Field::set(const QStringList &texts)
{
    if (lines)
        lines->setPlainText(texts.join(QLatin1Char('\n')));
    else if (check)
        check->setChecked(texts.value(0) == QLatin1String("yes"));
    else if (combo)
        combo->setCurrentText(texts.value(0));
    else
        line->setText(texts.value(0));
}

InputForm::InputForm(QWidget *parent) : QWidget(parent) {}

InputForm::~InputForm() = default;

void InputForm::setSpecs(const std::vector<InputSpec> &specs, const QJsonObject &given)
{
    for (const auto &field : m_fields)
        delete field->holder;
    m_fields.clear();
    delete layout();
    // QFormLayout (6.4.2) was seen to give the rows of a long form too little height after fields
    // had been filled, so that fields and helps overlapped.
    m_layout = new QGridLayout(this);
    m_layout->setContentsMargins(0, 0, 0, 0);
    m_layout->setVerticalSpacing(12);
    m_layout->setHorizontalSpacing(16);
    m_layout->setColumnStretch(1, 1);
    const int lineHeight = QLineEdit().sizeHint().height();
    for (QLabel *label : findChildren<QLabel *>(QStringLiteral("inputLabel")))
        delete label;

    for (const InputSpec &spec : specs) {
        auto owned = std::make_unique<Field>();
        Field &field = *owned;
        field.spec = spec;
        const QString title = displayText(spec.title.isEmpty() ? spec.name : spec.title);
        const QByteArray objectName = "input_" + spec.name.toLatin1();
        const QStringList start =
            textsOf(given.contains(spec.name) ? given.value(spec.name) : spec.defaultValue);

        field.holder = named(new QWidget(this), "inputHolder");
        auto *column = new QVBoxLayout(field.holder);
        column->setContentsMargins(0, 0, 0, 0);
        column->setSpacing(3);
        QWidget *editor = nullptr;
        if (field.manyLines()) {
            editor = field.lines = makeLines(field.holder);
            field.lines->setPlainText(start.join(QLatin1Char('\n')));
            if (spec.type == InputType::Command)
                field.lines->setFont(QFontDatabase::systemFont(QFontDatabase::FixedFont));
        } else if (spec.type == InputType::YesNo) {
            editor = field.check = new QCheckBox(tr("Yes"), field.holder);
            field.check->setChecked(start.value(0) == QLatin1String("yes"));
        } else if (spec.type == InputType::Choice) {
            editor = field.combo = new QComboBox(field.holder);
            if (!spec.required)
                field.combo->addItem(QString());
            field.combo->addItems(spec.choices);
            // What must be chosen is chosen by a person: the first word is no answer yet.
            field.combo->setPlaceholderText(tr("Choose…"));
            field.combo->setCurrentIndex(field.combo->findText(start.value(0)));
        } else {
            editor = field.line = new QLineEdit(start.value(0), field.holder);
            if (spec.type == InputType::Host)
                field.line->setPlaceholderText(tr("this computer"));
        }
        named(editor, objectName.constData(), title);
        for (QWidget *part : editor->findChildren<QWidget *>())
            if (part->objectName().isEmpty())
                part->setObjectName(QStringLiteral("inputPart"));
        if (spec.type == InputType::Path) {
            auto *row = new QHBoxLayout;
            row->addWidget(editor, 1);
            auto *browse = named(new QPushButton(tr("Browse…"), field.holder), "inputBrowse",
                                 tr("Browse for %1").arg(title));
            row->addWidget(browse, 0, Qt::AlignTop);
            column->addLayout(row);
            connect(browse, &QPushButton::clicked, this, [this, &field, title] {
                auto *dialog = named(new QFileDialog(this, title), "inputBrowseDialog");
                dialog->setAttribute(Qt::WA_DeleteOnClose);
                dialog->setFileMode(QFileDialog::Directory);
                dialog->setOption(QFileDialog::ShowDirsOnly);
                connect(dialog, &QFileDialog::fileSelected, this, [&field](const QString &path) {
                    if (field.line)
                        field.line->setText(path);
                    else
                        field.lines->appendPlainText(path);
                });
                dialog->open();
            });
        } else {
            column->addWidget(editor);
        }
        QString help = displayText(spec.help);
        if (!help.isEmpty() && !help.endsWith(QLatin1Char('.')))
            help += QLatin1Char('.');
        if (spec.type == InputType::Command)
            help += (help.isEmpty() ? QString() : QStringLiteral(" ")) +
                    tr("The program and each argument on a line of its own.");
        else if (spec.isList)
            help += (help.isEmpty() ? QString() : QStringLiteral(" ")) + tr("One on each line.");
        if (!help.isEmpty()) {
            auto *hint = named(new PlainLabel(PlainLabel::Role::Muted, field.holder), "inputHelp");
            hint->setText(help);
            editor->setAccessibleDescription(help);
            column->addWidget(hint);
        }
        field.message = named(new PlainLabel(PlainLabel::Role::Body, field.holder),
                              ("problem_" + spec.name.toLatin1()).constData());
        field.message->setTone(Tone::Bad);
        field.message->hide();
        column->addWidget(field.message);

        auto *label = named(new QLabel(this), "inputLabel");
        label->setTextFormat(Qt::PlainText);
        //: label of a field that must be filled in
        label->setText(spec.required ? tr("%1 (needed)").arg(title) : title);
        label->setBuddy(editor);
        // Beside the first line of its field.
        label->setMinimumHeight(qMin(lineHeight, editor->sizeHint().height()));
        const int row = int(m_fields.size());
        m_layout->addWidget(label, row, 0, Qt::AlignTop);
        m_layout->addWidget(field.holder, row, 1);

        const auto touched = [this, &field] {
            validate(field, true);
            // A pair is wrong at one end when the other end changes.
            for (const auto &other : m_fields)
                if (other.get() != &field)
                    validate(*other, !other->message->isHidden() || !other->spec.with.isEmpty());
            Q_EMIT changed();
        };
        if (field.line)
            connect(field.line, &QLineEdit::textChanged, this, touched);
        if (field.lines)
            connect(field.lines, &QPlainTextEdit::textChanged, this, touched);
        if (field.combo)
            connect(field.combo, &QComboBox::currentTextChanged, this, touched);
        if (field.check)
            connect(field.check, &QCheckBox::toggled, this, touched);
        field.initial = field.typed();
        m_fields.push_back(std::move(owned));
        // An empty needed field is not scolded before it was touched; Next says what is missing.
        validate(field, false);
    }
}

void InputForm::validate(Field &field, bool show)
{
    const Result<QJsonValue> value = field.spec.parse(field.typed());
    field.problem = value ? QString() : value.error().summary;
    if (value && field.spec.required && field.typed().isEmpty())
        field.problem = tr("must be filled in");
    if (field.problem.isEmpty() && !field.spec.with.isEmpty() && !field.typed().isEmpty())
        for (const auto &other : m_fields)
            if (other->spec.name == field.spec.with && other->typed().isEmpty())
                field.problem =
                    tr("needs “%1” as well")
                        .arg(other->spec.title.isEmpty() ? other->spec.name : other->spec.title);
    if (show || field.problem.isEmpty()) {
        field.message->setText(displayText(field.problem));
        field.message->setVisible(!field.problem.isEmpty());
    }
}

QMap<QString, QStringList> InputForm::texts() const
{
    QMap<QString, QStringList> all;
    for (const auto &field : m_fields)
        all.insert(field->spec.name,
                   field->typed().isEmpty() ? QStringList{QString()} : field->typed());
    return all;
}

QMap<QString, QStringList> InputForm::changedTexts() const
{
    QMap<QString, QStringList> all = texts();
    for (const auto &field : m_fields)
        if (field->typed() == field->initial)
            all.remove(field->spec.name);
    return all;
}

QMap<QString, QStringList> InputForm::typedTexts() const
{
    QMap<QString, QStringList> all = changedTexts();
    for (const auto &field : m_fields)
        if (field->typed().isEmpty() || field->typed() == field->filled)
            all.remove(field->spec.name);
    return all;
}

void InputForm::fill(const QJsonObject &values)
{
    for (const auto &field : m_fields) {
        if (!values.contains(field->spec.name))
            continue;
        field->set(textsOf(values.value(field->spec.name)));
        field->filled = field->typed();
    }
}

QString InputForm::problem() const
{
    for (const auto &field : m_fields)
        if (!field->problem.isEmpty())
            //: field and what is wrong with it
            return tr("%1: %2").arg(
                displayText(field->spec.title.isEmpty() ? field->spec.name : field->spec.title),
                displayText(field->problem));
    return {};
}

bool InputForm::isEmpty() const
{
    return m_fields.empty();
}

} // namespace lb
