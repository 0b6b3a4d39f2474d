// SPDX-License-Identifier: GPL-3.0-or-later
// write_data_samples FOLDER: random values as YAML, each with what it says as JSON beside it, for a
// reader of another kind (test_yaml_readers.py).
#include "random_data.h"

#include <QDir>
#include <QFile>

using namespace lb;

namespace {

bool writeFile(const QString &name, const QByteArray &bytes)
{
    QFile file(name);
    return file.open(QIODevice::WriteOnly) && file.write(bytes) == bytes.size() && file.flush();
}

} // namespace

int main(int count, char **arguments)
{
    if (count != 2)
        return 2;
    const QDir folder(QString::fromLocal8Bit(arguments[1]));
    for (int i = 0; i < 400; ++i) {
        const DataValue value = RandomData(quint32(i)).value();
        const QString name = folder.filePath(QString::number(i));
        if (!writeFile(name + QStringLiteral(".yaml"), writeYamlData(value)) ||
            !writeFile(name + QStringLiteral(".json"), writeJsonData(value)))
            return 1;
    }
    return 0;
}
