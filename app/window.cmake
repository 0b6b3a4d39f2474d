# SPDX-License-Identifier: GPL-3.0-or-later
# The window. Links neither transports nor actions: everything that touches a target is in runners.
add_executable(lifeboat ${CMAKE_CURRENT_LIST_DIR}/main_window.cpp)
target_link_libraries(lifeboat PRIVATE lb_ui lb_systems_alien4cloud
    lb_systems_ibm_toolchain lb_resources)
install(TARGETS lifeboat RUNTIME DESTINATION bin)
