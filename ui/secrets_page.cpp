// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/secrets_page.h"

#include "core/base/format.h"

#include <QHBoxLayout>
#include <QHeaderView>
#include <QLineEdit>
#include <QPushButton>
#include <QTableView>

namespace lb {

namespace {

constexpr int kHolderCharacters = 18;

} // namespace

SecretsPage::SecretsPage(QWidget *parent)
    : Page(tr("Secrets"), "secretsPage", parent),
      m_model(new SecretsModel(this)),
      m_sorted(new SortedRows(m_model, this)),
      m_filter(makeFilter(this, "secretsFilter", tr("Filter secrets"))),
      m_keychain(named(new InlineMessage(this), "secretsKeychain")),
      m_empty(named(new PlainLabel(PlainLabel::Role::Muted, this), "secretsEmpty")),
      m_detail(named(new Card(this), "secretDetail")),
      m_title(named(new PlainLabel(PlainLabel::Role::Heading, this), "secretDetailTitle")),
      m_advice(named(new PlainLabel(PlainLabel::Role::Body, this), "secretDetailAdvice")),
      m_facts(named(new PlainLabel(PlainLabel::Role::Muted, this), "secretDetailFacts")),
      m_state(named(new StateLabel(this), "secretDetailState")),
      m_set(named(new QPushButton(tr("&Set…"), this), "secretsSet")),
      m_test(named(new QPushButton(tr("&Test the keychain"), this), "secretsTest")),
      m_look(named(new QPushButton(tr("&Look again"), this), "secretsLook")),
      m_remove(named(new QPushButton(tr("Re&move…"), this), "secretsRemove"))
{
    m_sorted->filterBy(m_filter);
    m_table = makeTable(this, "secretsTable", tr("Secrets"), m_sorted);
    m_table->sortByColumn(SecretsModel::System, Qt::AscendingOrder);
    fitColumns(m_table, SecretsModel::Secret);
    // Which secret it is matters more than the whole of who has it, which the detail says too.
    m_table->horizontalHeader()->setSectionResizeMode(SecretsModel::Holder,
                                                      QHeaderView::Interactive);
    m_table->horizontalHeader()->resizeSection(
        SecretsModel::Holder, m_table->fontMetrics().averageCharWidth() * kHolderCharacters);
    makePrimary(m_set);
    m_look->setIcon(lifeboatIcon(QStringLiteral("refresh")));
    m_test->setToolTip(tr("Writes a marked value, reads it back and deletes it"));

    header()->addWidget(m_filter);
    content()->addWidget(m_keychain);
    content()->addWidget(m_empty, 0, Qt::AlignTop);
    content()->addWidget(m_table, 1);
    auto *column = new QVBoxLayout(m_detail);
    column->setContentsMargins(16, 12, 16, 12);
    column->setSpacing(6);
    auto *top = new QHBoxLayout;
    top->setSpacing(24);
    top->addWidget(m_title, 1);
    top->addWidget(m_state, 0, Qt::AlignTop);
    column->addLayout(top);
    column->addWidget(m_advice);
    column->addWidget(m_facts);
    m_facts->setTextInteractionFlags(Qt::TextSelectableByMouse);
    content()->addWidget(m_detail);
    auto *buttons = new QHBoxLayout;
    for (QPushButton *button : {m_set, m_look, m_test})
        buttons->addWidget(button);
    buttons->addStretch(1);
    buttons->addWidget(m_remove);
    content()->addLayout(buttons);

    connect(m_table->selectionModel(), &QItemSelectionModel::selectionChanged, this,
            &SecretsPage::refresh);
    connect(m_sorted, &QAbstractItemModel::modelReset, this, &SecretsPage::refresh);
    connect(m_model, &QAbstractItemModel::dataChanged, this, &SecretsPage::refresh);
    connect(m_table, &QTableView::activated, m_set, &QPushButton::click);
    connect(m_test, &QPushButton::clicked, this, &SecretsPage::testRequested);
    connect(m_look, &QPushButton::clicked, this, &SecretsPage::lookRequested);
    connect(m_set, &QPushButton::clicked, this, [this] {
        if (const SecretStatus *secret = current())
            Q_EMIT setRequested(*secret);
    });
    connect(m_remove, &QPushButton::clicked, this, [this] {
        const SecretStatus *secret = current();
        if (!secret)
            return;
        confirm()->disconnect(this);
        connect(confirm(), &ConfirmPanel::confirmed, this,
                [this, asked = *secret] { Q_EMIT removeRequested(asked); });
        const bool isProgram = !secret->program.isEmpty();
        confirm()->ask(Tone::Bad,
                       isProgram ? tr("Forget the program that gives %1 of %2?")
                                       .arg(displayText(secret->name), displayText(secret->system))
                                 : tr("Remove %1 of %2 from the keychain for good?")
                                       .arg(displayText(secret->name), displayText(secret->system)),
                       isProgram ? tr("The keychain is asked again then. The program itself and "
                                      "what it knows stay as they are.")
                                 : tr("Lifeboat keeps no copy. Runs that need it will wait for it "
                                      "to be given again."),
                       {}, isProgram ? tr("Forget it") : tr("Remove for good"), tr("Keep it"));
    });
    setSecrets({});
}

void SecretsPage::setSecrets(std::vector<SecretStatus> secrets)
{
    const SecretStatus *before = current();
    const QString system = before ? before->system : QString();
    const QString name = before ? before->name : QString();
    const bool none = secrets.empty();
    m_asks = false;
    m_empty->setText(tr("No runbook of your systems needs a secret."));
    m_empty->setVisible(none);
    m_table->setVisible(!none);
    m_model->setSecrets(std::move(secrets));
    const QModelIndex row =
        m_sorted->mapFromSource(m_model->index(m_model->rowOf(system, name), 0));
    if (row.isValid())
        m_table->selectRow(row.row());
    else if (m_sorted->rowCount())
        m_table->selectRow(0);
    showKeychain();
    refresh();
}

void SecretsPage::showAsks()
{
    m_asks = true;
    showKeychain();
}

void SecretsPage::setTesting(bool isTesting)
{
    m_test->setEnabled(!isTesting);
    if (isTesting)
        message()->showMessage(Tone::Busy, tr("Testing the keychain…"));
    else
        message()->clear();
}

void SecretsPage::showTested(const QString &state, const QString &text)
{
    setTesting(false);
    m_asks = false;
    if (isKeychainTrouble(state))
        message()->showMessage(
            secretTone(state), keychainHeadline(state),
            QStringList{displayText(text), secretAdvice(state)}.join(QLatin1Char('\n')).trimmed());
    else
        message()->showMessage(Tone::Good, tr("The keychain is open"),
                               tr("A marked value was written, read back and deleted."));
}

void SecretsPage::showKeychain()
{
    // One message for all that it holds; the same words on every row would tell nothing more.
    QString trouble;
    bool isLooking = false;
    for (int row = 0; row < m_model->rowCount(); ++row) {
        const QString &state = m_model->at(row)->state;
        isLooking = isLooking || state == kSecretLooking;
        if (isKeychainTrouble(state))
            trouble = state;
    }
    m_look->setEnabled(!isLooking && m_model->rowCount());
    m_keychain->clear();
    m_unlock = nullptr;
    if (m_asks) {
        m_keychain->showMessage(Tone::Warn, tr("The keychain asks"),
                                tr("Answer its prompt on the desktop; it may be behind another "
                                   "window. Everything else here can be used meanwhile."));
    } else if (!trouble.isEmpty()) {
        m_keychain->showMessage(secretTone(trouble), keychainHeadline(trouble),
                                secretAdvice(trouble));
        if (trouble == QLatin1String("locked")) {
            m_unlock = m_keychain->addAction(tr("&Unlock it…"));
            connect(m_unlock, &QPushButton::clicked, this, &SecretsPage::unlockRequested);
        }
    }
}

QWidget *SecretsPage::filterField()
{
    return m_filter;
}

void SecretsPage::focusContent()
{
    m_table->setFocus();
}

const SecretStatus *SecretsPage::current() const
{
    const QModelIndexList rows = m_table->selectionModel()->selectedRows();
    return rows.isEmpty() ? nullptr : m_model->at(m_sorted->mapToSource(rows.first()).row());
}

void SecretsPage::refresh()
{
    const SecretStatus *secret = current();
    m_detail->setVisible(secret);
    m_set->setEnabled(secret);
    m_remove->setEnabled(secret &&
                         (!secret->program.isEmpty() || secret->state == QLatin1String("present")));
    m_remove->setText(secret && !secret->program.isEmpty() ? tr("&Forget the program…")
                                                           : tr("Re&move…"));
    if (!secret)
        return;
    m_title->setText(secretTitle(*secret));
    m_state->setState(secretIcon(secret->state), secretWord(secret->state),
                      secretTone(secret->state));
    m_advice->setText(secretAdvice(secret->state));
    // What the message above says about the keychain is not said again here.
    m_advice->setVisible(!isKeychainTrouble(secret->state));
    QStringList facts{tr("Name: %1").arg(displayText(secret->name)),
                      tr("Comes from: %1").arg(secretSource(*secret))};
    QStringList books;
    for (const QString &title : secret->neededBy)
        books << displayText(title);
    if (!books.isEmpty())
        facts << tr("Needed by: %1").arg(books.join(QStringLiteral(", ")));
    if (!secret->holder.isEmpty())
        facts << tr("Who has it: %1").arg(displayText(secret->holder));
    m_facts->setText(facts.join(QLatin1Char('\n')));
}

} // namespace lb
