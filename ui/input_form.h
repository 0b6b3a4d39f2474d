// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/input_spec.h"
#include "ui/widgets.h"

#include <QMap>

#include <vector>

class QGridLayout;

namespace lb {

/// A form made of InputSpecs. InputSpec::parse is the only validator; what it says stands under
/// the field. Lists and commands are typed one item a line.
class InputForm : public QWidget
{
    Q_OBJECT
public:
    explicit InputForm(QWidget *parent = nullptr);
    ~InputForm() override;

    /// `given`: values to begin with; an input that is absent shows its default.
    void setSpecs(const std::vector<InputSpec> &specs, const QJsonObject &given);
    /// As typed, for --set and Service.
    QMap<QString, QStringList> texts() const;
    /// The same, only of what differs from what was given at first.
    QMap<QString, QStringList> changedTexts() const;
    /// The same, only of what a person typed: neither given at first, nor filled, nor emptied.
    QMap<QString, QStringList> typedTexts() const;
    /// Puts values into their fields; fields that are not named keep theirs.
    void fill(const QJsonObject &values);
    bool isValid() const { return problem().isEmpty(); }
    /// "Folder: must be absolute" of the first field that is wrong; empty when all are right.
    QString problem() const;
    bool isEmpty() const;

Q_SIGNALS:
    void changed();

private:
    struct Field;
    void validate(Field &field, bool show);
    std::vector<std::unique_ptr<Field>> m_fields;
    QGridLayout *m_layout = nullptr;
};

} // namespace lb
