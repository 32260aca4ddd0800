using Kedge.Agent.Disk;
using Kedge.Agent.Inventory;
using Kedge.Core.Fleet;
using Kedge.Core.Models;

namespace Kedge.Agent.Tests.Inventory;

public sealed class InventoryReaderTests
{
    [Fact]
    public void This_machine_tells_what_every_machine_has()
    {
        DeviceFacts facts = InventoryReader.Read(
            new RealDisk("/"),
            new InventoryContext { DataFolder = Path.GetTempPath(), HostArchitecture = "x64" });

        Assert.False(facts.Simulated);
        Assert.Equal("x64", facts.Architecture);
        Assert.NotEmpty(facts.Kernel);
        Assert.InRange(facts.Cpus.Length, 1, InventoryLimits.CpusMax);
        Assert.InRange(facts.MemoryAvailableBytes, 1, facts.MemoryBytes);
        Assert.True(facts.DataFreeBytes > 0);
        Assert.Contains(facts.CgroupVersion, new[] { "v1", "v2", "hybrid", "none" });
        Assert.Equal(facts.IsaFeatures.Order(StringComparer.Ordinal), facts.IsaFeatures);
    }

    [Fact]
    public void The_hottest_zone_counts_and_one_that_does_not_answer_is_left_out()
    {
        InventoryTree tree = new(InventoryTrees.Made(
            ("sys/class/thermal/thermal_zone0/temp", "-61000\n"),
            ("sys/class/thermal/thermal_zone1/temp", "48500\n"),
            ("sys/class/thermal/thermal_zone2/temp", "nothing\n"),
            ("sys/class/thermal/thermal_zone3/temp", "2147483647\n"),
            ("sys/class/thermal/cooling_device0/temp", "99000\n")));
        Assert.Equal(48_500, PowerReader.Hottest(tree));
        Assert.Null(PowerReader.Hottest(new InventoryTree(InventoryTrees.Made())));
    }

    [Fact]
    public void An_empty_tree_gives_unknown_values()
    {
        DeviceFacts facts = InventoryTrees.Read();

        Assert.Equal("", facts.Architecture);
        Assert.Equal("", facts.CpuModel);
        Assert.Empty(facts.Cpus);
        Assert.Equal(0, facts.MemoryBytes);
        Assert.Empty(facts.Accelerators);
        Assert.Equal("none", facts.CgroupVersion);
        Assert.Null(facts.Battery);
    }

    [Theory]
    [InlineData("flags\t\t: fpu lm avx2", "x64", "avx2")]
    [InlineData("flags\t\t: fpu sse4_2", "x86", "sse4_2")]
    [InlineData("Features\t: fp asimd asimddp", "arm64", "asimd asimddp")]
    [InlineData("Features\t: half thumb neon vfpv4", "arm", "neon vfpv4")]
    [InlineData("isa\t\t: rv64imafdcv_zicsr_zba_zbb", "riscv64", "v zba zbb")]
    [InlineData("isa\t\t: rv32imac", "riscv32", "")]
    [InlineData("cpu\t\t: POWER9", "", "")]
    public void The_architecture_of_a_captured_tree_shows_in_its_processors(
        string line, string architecture, string features)
    {
        DeviceFacts facts = InventoryTrees.Read(("proc/cpuinfo", $"processor\t: 0\n{line}\n"));

        Assert.Equal(architecture, facts.Architecture);
        Assert.Equal(features, string.Join(' ', facts.IsaFeatures));
        _ = Assert.Single(facts.Cpus);
    }

    [Theory]
    [InlineData("model name\t: Some Processor  @ 2 GHz", "Some Processor @ 2 GHz")]
    [InlineData("isa\t: rv64imafdc\nuarch\t: sifive,u74-mc", "sifive,u74-mc")]
    [InlineData("CPU implementer\t: 0x41\nCPU part\t: 0xd05\nCPU implementer\t: 0x41\nCPU part\t: 0xd0b",
        "1x Cortex-A55, 1x Cortex-A76")]
    [InlineData("CPU implementer\t: 0x99\nCPU part\t: 0x123", "Arm implementer 0x99 part 0x123")]
    [InlineData("BogoMIPS\t: 1.00", "Some Board")]
    public void A_processor_is_named_as_well_as_its_kernel_allows(string lines, string model)
    {
        DeviceFacts facts = InventoryTrees.Read(
            ("proc/cpuinfo", lines + "\n"), ("proc/device-tree/model", "Some Board\0"));

        Assert.Equal(model, facts.CpuModel);
        Assert.Equal("Some Board", facts.Machine);
    }

    [Theory]
    [InlineData("Charging", "System", 81, true)]
    [InlineData("Full", "System", 100, true)]
    [InlineData("Discharging", "System", 7, false)]
    public void A_battery_tells_its_charge(string status, string scope, int percent, bool isCharging)
    {
        const string folder = "sys/class/power_supply/BAT0";
        DeviceFacts facts = InventoryTrees.Read(
            ("sys/class/power_supply/AC/type", "Mains\n"),
            ($"{folder}/type", "Battery\n"),
            ($"{folder}/scope", scope + "\n"),
            ($"{folder}/status", status + "\n"),
            ($"{folder}/capacity", $"{percent}\n"));

        Assert.Equal(new BatteryFacts(percent, isCharging), facts.Battery);
    }

    [Theory]
    [InlineData("cpuset cpu memory", new string[0], "v2")]
    [InlineData("", new[] { "memory", "cpu" }, "v1")]
    [InlineData("", new[] { "memory", "unified" }, "hybrid")]
    [InlineData("", new[] { "systemd" }, "none")]
    public void The_version_of_control_groups_is_the_one_that_has_controllers(
        string controllers, string[] folders, string version)
    {
        DeviceFacts facts = InventoryTrees.Read(
            [
                ("sys/fs/cgroup/cgroup.controllers", controllers),
                .. folders.Select(static f => ($"sys/fs/cgroup/{f}/cgroup.procs", "")),
            ]);

        Assert.Equal(version, facts.CgroupVersion);
    }

    [Fact]
    public void A_card_of_nvidia_is_told_once_with_its_model()
    {
        DeviceFacts facts = InventoryTrees.Read(
            ("proc/driver/nvidia/gpus/0000:01:00.0/information",
                "Model: \t\t NVIDIA RTX A2000\nBus Location: \t 0000:01:00.0\nDevice Minor: \t 0\n"),
            ("sys/class/drm/card0/device/uevent", "DRIVER=nvidia\nPCI_ID=10DE:2531\n"));

        Assert.Equal(
            new AcceleratorFacts(AcceleratorKind.Gpu, "nvidia", "NVIDIA RTX A2000", "/dev/nvidia0", 0),
            Assert.Single(facts.Accelerators));
    }

    [Fact]
    public void Own_memory_of_a_card_is_told_where_its_driver_tells_it()
    {
        DeviceFacts facts = InventoryTrees.Read(
            ("sys/class/drm/card0/device/uevent", "DRIVER=amdgpu\nPCI_ID=1002:73FF\n"),
            ("sys/class/drm/card0/device/mem_info_vram_total", "8573157376\n"));

        Assert.Equal(
            new AcceleratorFacts(AcceleratorKind.Gpu, "amd", "amdgpu 1002:73FF", "/dev/dri/card0", 8573157376),
            Assert.Single(facts.Accelerators));
    }

    [Fact]
    public void Neural_accelerators_are_seen_by_what_their_drivers_make()
    {
        DeviceFacts facts = InventoryTrees.Read(
            ("sys/class/accel/accel0/device/uevent", "DRIVER=intel_vpu\nPCI_ID=8086:7D1D\n"),
            ("dev/accel/accel0", ""),
            ("dev/hailo0", ""),
            ("proc/device-tree/compatible", "radxa,rock-5b\0rockchip,rk3588\0"),
            ("sys/class/misc/rknpu/dev", "10:100\n"),
            ("sys/bus/usb/devices/2-1/idVendor", "18d1\n"),
            ("sys/bus/usb/devices/2-1/idProduct", "9302\n"),
            ("sys/bus/usb/devices/2-1/busnum", "2\n"),
            ("sys/bus/usb/devices/2-1/devnum", "11\n"));

        Assert.Equal(
            [
                new AcceleratorFacts(AcceleratorKind.Npu, "intel", "NPU 8086:7D1D", "/dev/accel/accel0", 0),
                new AcceleratorFacts(AcceleratorKind.Npu, "hailo", "Hailo", "/dev/hailo0", 0),
                new AcceleratorFacts(AcceleratorKind.Npu, "rockchip", "rk3588 NPU", "/dev/rknpu", 0),
                new AcceleratorFacts(
                    AcceleratorKind.Tpu, "google", "Coral Edge TPU (USB)", "/dev/bus/usb/002/011", 0),
            ],
            facts.Accelerators.ToArray());
    }

    [Fact]
    public void A_chip_whose_neural_unit_has_no_driver_has_none()
    {
        DeviceFacts facts = InventoryTrees.Read(
            ("proc/device-tree/compatible", "radxa,rock-5b\0rockchip,rk3588\0"), ("dev/null", ""));

        Assert.Empty(facts.Accelerators);
    }

    [Theory]
    [InlineData("device/description", "TPM 2.0 Device\n", "2.0")]
    [InlineData("device/caps", "Manufacturer: 0x49465800\nTCG version: 1.2\n", "1.2")]
    [InlineData("tpm_version_major", "1\n", "1.2")]
    [InlineData("tpm_version_major", "x\n", "")]
    public void The_family_of_a_tpm_is_told_by_old_kernels_too(string file, string content, string family)
    {
        Assert.Equal(family, InventoryTrees.Read(($"sys/class/tpm/tpm0/{file}", content)).Tpm);
    }

    [Fact]
    public void A_name_that_nobody_filled_in_is_no_name()
    {
        DeviceFacts facts = InventoryTrees.Read(
            ("sys/class/dmi/id/sys_vendor", "To Be Filled By O.E.M.\n"),
            ("sys/class/dmi/id/product_name", "B550M Pro4\n"));

        Assert.Equal("B550M Pro4", facts.Machine);
    }

    [Fact]
    public void Free_space_is_not_told_for_a_folder_outside_of_the_root()
    {
        InventoryContext context = new() { DataFolder = "/var/../../etc" };

        Assert.Equal(0, InventoryReader.Read(InventoryTrees.Made(), context).DataFreeBytes);
    }
}
