// SPDX-License-Identifier: GPL-3.0-or-later
// Not in the header: moc loses its way in these texts.
#include "ibm_client.h"

namespace lb {

QJsonObject ibmTemplate(const QString &execute)
{
    const QString toolchain = QStringLiteral(R"(version: 2
template:
  name: Ferry starter
  required: [ci-tasks, private_worker02, web-src]
toolchain: {name: harbor-ferry}
services:
  web-src:
    service_id: hostedgit
    parameters: {type: link, repo_url: "https://eu-de.git.cloud.ibm.com/ann/ferry-web.git", api_token: ''}
  ci-tasks:
    service_id: hostedgit
    parameters: {type: link, repo_url: "https://eu-de.git.cloud.ibm.com/ann/ci-tasks.git"}
  private_worker02:
    service_id: private_worker
    parameters: {name: dock-runner, workerQueueCredentials: '', workerQueueIdentifier: q-1}
  build-web:
    service_id: pipeline
    parameters:
      name: build-web
      configuration:
        execute: %1
        env: {private_worker02: '{{services.private_worker02.parameters.name}}'}
        content: {$text: pipeline_build-web.yml}
      services: [web-src, private_worker02]
  ci-run:
    service_id: pipeline
    parameters:
      name: ci-run
      type: tekton
      configuration:
        execute: %1
        env: {ci-tasks: ci-tasks, web-src: web-src, private_worker02: '{{services.private_worker02.parameters.name}}'}
        content: {$text: pipeline_ci-run.yml}
      services: [ci-tasks, web-src, private_worker02]
  chat:
    service_id: slack
    parameters: {channel_name: ferries, api_token: '', team_url: ferries}
)")
                                  .arg(execute);
    return {{QStringLiteral(".bluemix/toolchain.yml"), toolchain},
            {QStringLiteral(".bluemix/pipeline_build-web.yml"), QStringLiteral(R"(stages:
- name: BUILD
  inputs: [{type: git, branch: main, service: web-src}]
  worker: ${private_worker02}
  jobs: [{name: compile, type: builder, script: 'echo "${REGION}"'}]
properties:
- {name: API_KEY, value: '', type: secure}
)")},
            {QStringLiteral(".bluemix/pipeline_ci-run.yml"),
             QStringLiteral(R"(private_worker: ${private_worker02}
inputs: [{type: git, branch: main, path: .tekton, service: "${ci-tasks}"}]
triggers:
- {type: git, name: on-push, eventListener: listener-push, branch: main, events: {push: true}, service: "${web-src}"}
- {type: manual, name: by-hand, eventListener: listener-manual}
properties:
- {name: REGION, type: text, value: eu-de}
- {name: API_KEY, type: SECURE, value: ''}
)")}};
}

} // namespace lb
