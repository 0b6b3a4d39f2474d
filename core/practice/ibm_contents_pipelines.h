// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace lb::practice::ibm {

// The invented pipelines, as the console writes them (systems/ibm-toolchain.md §2.4), but with
// their secrets.

inline constexpr char kBuildWeb[] = R"(defaultBaseImageVersion: latest
hooks: [{enabled: true, url: "https://hook.example.test"}]
properties:
- {name: API_KEY, value: canary-build-web-api-key, type: secure}
- {name: REGION, value: us-east, type: text}
stages:
- name: BUILD
  inputs: [{type: git, branch: main, url: "https://us-east.git.cloud.ibm.com/ann/ferry-web.git"}]
  triggers: [{type: git, events: null}]
  worker: dock-runner
  jobs: [{name: compile, type: builder, build_type: shell, script: 'echo "${REGION}"'}]
- name: DEPLOY
  inputs: [{type: job, stage: BUILD, job: compile}]
  triggers: [{type: stage}]
  properties: [{name: DB_PASS, value: canary-build-web-db-pass, type: secure}]
  jobs: [{name: ship, type: deployer, script: ''}]
)";

inline constexpr char kCiRun[] = R"(private_worker: dock-runner
envProperties:
- {name: REGION, type: TEXT, value: us-east}
- {name: API_KEY, type: SECURE, value: canary-ci-run-api-key}
inputs:
- {type: git, url: "https://us-east.git.cloud.ibm.com/ann/ci-tasks.git", branch: main, path: .tekton}
triggers:
- type: git
  name: on-push
  eventListener: listener-push
  url: https://us-east.git.cloud.ibm.com/ann/ferry-web.git
  branch: main
  events: {push: true}
- {type: manual, name: by-hand, eventListener: listener-manual}
)";

// Texts that look like other types, a script that begins with a tab, a stage without triggers.
inline constexpr char kTables[] = R"(properties:
- {name: VERSION, value: "0.10", type: text}
- {name: DRY_RUN, value: "yes", type: text}
- {name: NOTES, value: "line one\nline two\n\n", type: text_area}
- {name: SIGNING_KEY, value: canary-tables-signing-key, type: secure}
private_worker: pool
stages:
- name: BUILD
  inputs: [{type: git, branch: main, url: "https://us-east.git.cloud.ibm.com/ann/tide-tables"}]
  triggers: [{type: git, events: '{"push":true,"pull_request":true}'}]
  worker: pool-b
  jobs:
  - name: compile
    type: builder
    artifact_dir: out
    script: "\tmake all\n# end\n"
  - {name: check, type: tester, enable_tests: true, script: "\nmake test"}
- name: PUBLISH
  inputs: [{type: job, stage: BUILD, job: compile}]
  properties: [{name: FTP_PASS, value: canary-tables-ftp-pass, type: secure}]
  jobs: [{name: publish, type: deployer, target: {region_id: "ibm:yp:us-east"}, script: make publish}]
)";

inline constexpr char kPlanCi[] = R"(envProperties:
- {name: ENVIRONMENT, type: SINGLE_SELECT, value: test, enum: [test, live]}
- {name: SIGN_KEY, type: SECURE, value: "{vault::harbour-vault.sign-key}"}
- {name: REGISTRY_PASS, type: SECURE, value: canary-plan-ci-registry-pass}
inputs:
- {type: git, url: "https://us-east.git.cloud.ibm.com/ann/berth-tasks.git", branch: main, path: .tekton}
triggers:
- type: git
  name: on-request
  eventListener: listener-request
  url: https://us-east.git.cloud.ibm.com/ann/berth-planner.git
  branch: main
  events: {pull_request: true}
  properties: [{name: SCAN_TOKEN, type: SECURE, value: canary-plan-ci-scan-token}]
- {type: timer, name: nightly, eventListener: listener-nightly, cron: "0 3 * * *", timezone: UTC}
- type: generic
  name: from-port
  eventListener: listener-port
  secret: {type: token_matches, source: header, key_name: x-port, value: canary-plan-ci-hook-token}
- {type: manual, name: by-hand, eventListener: listener-manual}
)";

// No manual trigger: a restore has to make one.
inline constexpr char kPlanCd[] = R"(envProperties:
- {name: CLUSTER, type: TEXT, value: quay}
- {name: CLUSTER_KEY, type: SECURE, value: canary-plan-cd-cluster-key}
inputs:
- {type: git, url: "https://us-east.git.cloud.ibm.com/ann/berth-tasks.git", branch: main, path: .cd}
triggers:
- type: git
  name: on-merge
  eventListener: listener-merge
  url: https://us-east.git.cloud.ibm.com/ann/berth-planner.git
  branch: main
  events: {push: true, pull_request_closed: true}
)";

inline constexpr char kAnchor[] = R"(stages:
- name: BUILD
  inputs: [{type: git, branch: main, url: "https://us-east.git.cloud.ibm.com/ann/adrift.git"}]
  triggers: [{type: git, events: null}]
  jobs: [{name: compile, type: builder, script: make}]
)";

inline constexpr char kMastBuild[] = R"(properties:
- {name: HOOK, value: "{vault::harbour-vault.hook}", type: secure}
- {name: PORT, value: 8080, type: text}
stages:
- name: BUILD
  inputs: [{type: git, branch: main, url: "https://us-east.git.cloud.ibm.com/ann/signal-mast.git"}]
  triggers: [{type: commit}]
  jobs: [{name: compile, type: builder, script: 'echo ${GIT_URL}; ibmcloud doi publishbuildrecord'}]
)";

inline constexpr char kMastCi[] = R"(envProperties:
- {name: LAMP_KEY, type: SECURE, value: canary-mast-ci-lamp-key}
- {name: NIGHT, type: TEXT, value: "null"}
inputs:
- {type: git, url: "https://us-east.git.cloud.ibm.com/ann/signal-mast.git", branch: main, path: .tekton}
triggers:
- {type: manual, name: by-hand, eventListener: listener-manual}
)";

} // namespace lb::practice::ibm
