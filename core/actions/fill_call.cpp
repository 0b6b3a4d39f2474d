// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/actions/fill_call.h"

#include <QJsonArray>

namespace lb {

namespace {

/// Applies `change` to every text of a call that may hold slots. One list of these texts, used for
/// finding slots and for filling them.
template <class Change>
struct TextsOf
{
    Change change; ///< Result<void>(TemplateText &)

    Result<void> sensitive(Sensitive &value) const
    {
        if (auto *text = std::get_if<TemplateText>(&value))
            return change(*text);
        return {};
    }

    Result<QJsonValue> json(const QJsonValue &value) const
    {
        if (value.isArray()) {
            QJsonArray filled;
            for (const QJsonValue item : value.toArray()) {
                TRY_VALUE(const QJsonValue one, json(item));
                filled.append(one);
            }
            return QJsonValue(filled);
        }
        if (!value.isObject())
            return value;
        const QJsonObject object = value.toObject();
        if (isTemplateJson(value)) {
            TemplateText text = TemplateText::fromJson(value);
            TRY(change(text));
            return text.toJson();
        }
        QJsonObject filled;
        for (auto it = object.begin(); it != object.end(); ++it) {
            TRY_VALUE(const QJsonValue one, json(it.value()));
            filled.insert(it.key(), one);
        }
        return QJsonValue(filled);
    }

    Result<void> params(QJsonObject &object) const
    {
        for (const QString &key : object.keys()) {
            TRY_VALUE(const QJsonValue one, json(object.value(key)));
            object.insert(key, one);
        }
        return {};
    }

    Result<void> operator()(ProcessCall &call) const
    {
        for (TemplateText &argument : call.arguments)
            TRY(change(argument));
        for (auto &[variable, value] : call.environment)
            TRY(sensitive(value));
        return sensitive(call.input);
    }
    Result<void> operator()(HttpCall &call) const
    {
        TRY(change(call.url));
        for (auto &[header, value] : call.headers)
            TRY(sensitive(value));
        TRY_VALUE(call.json, json(call.json));
        return sensitive(call.body);
    }
    Result<void> operator()(WriteFileCall &call) const
    {
        TRY(change(call.path));
        TRY(change(call.aside));
        return sensitive(call.content);
    }
    Result<void> operator()(PostgresCall &call) const
    {
        TRY(change(call.staging));
        return change(call.aside);
    }
    Result<void> operator()(ElasticsearchCall &call) const
    {
        TRY(change(call.repository));
        TRY(change(call.snapshot));
        TRY(change(call.folder));
        TRY(change(call.kept));
        return change(call.prefix);
    }
    Result<void> operator()(ToolchainCall &call) const
    {
        TRY(change(call.copy));
        return change(call.project);
    }
    Result<void> operator()(RestoreFileCall &call) const
    {
        TRY(change(call.path));
        return change(call.aside);
    }
    Result<void> operator()(TreeSaveCall &) const { return {}; }
    Result<void> operator()(TreeStageCall &call) const { return change(call.staging); }
    Result<void> operator()(TreeSwapCall &call) const
    {
        TRY(change(call.staging));
        return change(call.aside);
    }
    Result<void> operator()(TreeSwapBackCall &call) const
    {
        TRY(change(call.staging));
        return change(call.aside);
    }
    Result<void> operator()(TreeRemoveCall &call) const { return change(call.folder); }
    Result<void> operator()(PublishCall &) const { return {}; }
    Result<void> operator()(PointCall &call) const { return params(call.params); }
    Result<void> operator()(ReadCall &call) const { return params(call.params); }
    Result<void> operator()(WaitUntilCall &call) const
    {
        Call read = *call.read;
        TRY(std::visit(*this, read));
        call.read = std::make_shared<const Call>(std::move(read));
        return {};
    }
    Result<void> operator()(AskCall &call) const { return change(call.text); }
    Result<void> operator()(ConfirmCall &call) const { return change(call.text); }
};

template <class Change>
TextsOf(Change) -> TextsOf<Change>;

} // namespace

std::vector<Slot> slotsOf(const Call &call)
{
    std::vector<Slot> found;
    Call copy = call;
    const auto collect = [&found](TemplateText &text) -> Result<void> {
        for (const Slot &slot : text.slotList()) {
            if (std::find(found.begin(), found.end(), slot) == found.end())
                found.push_back(slot);
        }
        return {};
    };
    (void)std::visit(TextsOf{collect}, copy);
    return found;
}

Result<Call> filledCall(const Call &call, const TemplateText::Lookup &lookup)
{
    Call copy = call;
    const auto fill = [&lookup](TemplateText &text) -> Result<void> {
        TRY_VALUE(QString value, text.fill(lookup));
        text = TemplateText(std::move(value));
        return {};
    };
    TRY(std::visit(TextsOf{fill}, copy));
    return copy;
}

} // namespace lb
