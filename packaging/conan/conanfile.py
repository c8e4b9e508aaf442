"""Conan 2 recipe of the libraries, for a clone of the repository:

    conan create packaging/conan --build=missing

The option system_libraries takes the third-party libraries that Debian has instead of Conan's.
"""
import os
import re

from conan import ConanFile
from conan.tools.cmake import CMake, CMakeDeps, CMakeToolchain, cmake_layout
from conan.tools.files import copy, load
from conan.tools.gnu import PkgConfigDeps
from conan.tools.system.package_manager import Apt


class VoxlockRecipe(ConanFile):
    name = "voxlock"
    description = "Secure SIP trunk to WebRTC room, sans-I/O"
    license = "MIT"
    topics = ("sip", "srtp", "webrtc", "voip")
    package_type = "library"
    settings = "os", "arch", "compiler", "build_type"
    options = {"shared": [True, False], "system_libraries": [True, False]}
    default_options = {"shared": True, "system_libraries": False}

    @property
    def _root(self):
        return os.path.join(self.recipe_folder, "..", "..")

    def set_version(self):
        text = load(self, os.path.join(self._root, "CMakeLists.txt"))
        self.version = re.search(r"project\(voxlock VERSION (\S+)", text).group(1)

    def export_sources(self):
        for pattern in ("CMakeLists.txt", "LICENSE", "cmake/*", "include/*", "lib/*"):
            copy(self, pattern, self._root, self.export_sources_folder)

    def requirements(self):
        if not self.options.system_libraries:
            self.requires("libsrtp/2.6.0")
            self.requires("mbedtls/3.6.4")
            self.requires("opus/1.5.2")
            self.requires("speexdsp/1.2.1")

    def system_requirements(self):
        if self.options.system_libraries:
            Apt(self).check(["libsrtp2-dev", "libmbedtls-dev", "libopus-dev", "libspeexdsp-dev", "pkg-config"])

    def layout(self):
        cmake_layout(self)

    def generate(self):
        toolchain = CMakeToolchain(self)
        toolchain.variables["BUILD_TESTING"] = False
        toolchain.variables["VOXLOCK_BUILD_EXAMPLES"] = False
        toolchain.generate()
        CMakeDeps(self).generate()
        PkgConfigDeps(self).generate()

    def build(self):
        cmake = CMake(self)
        cmake.configure()
        cmake.build()

    def package(self):
        CMake(self).install()
        copy(self, "LICENSE", self.source_folder, os.path.join(self.package_folder, "licenses"))
        # One kind of library each, so that the linker cannot take the other.
        folder = os.path.join(self.package_folder, "lib")
        for name in os.listdir(folder):
            is_shared = name.startswith("libvoxlock.so")
            if is_shared != bool(self.options.shared) and name.startswith("libvoxlock."):
                os.remove(os.path.join(folder, name))

    def package_info(self):
        self.cpp_info.libs = ["voxlock"]
        self.cpp_info.set_property("cmake_file_name", "voxlock")
        self.cpp_info.set_property("pkg_config_name", "voxlock")
        target = "voxlock::voxlock" if self.options.shared else "voxlock::voxlock_static"
        self.cpp_info.set_property("cmake_target_name", target)
        if not self.options.shared:
            private = re.search(r"^Libs\.private:(.*)$", load(self, os.path.join(
                self.package_folder, "lib", "pkgconfig", "voxlock.pc")), re.M).group(1)
            self.cpp_info.system_libs = [flag.removeprefix("-l") for flag in private.split()]
