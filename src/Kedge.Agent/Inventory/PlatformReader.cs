using System.Collections.Immutable;

namespace Kedge.Agent.Inventory;

/// <summary>Kernel, distribution, control groups, security modules, TPM, secure boot and the machine's name.</summary>
internal static class PlatformReader
{
    private const string Cgroups = "sys/fs/cgroup";
    private const string Tpm0 = "sys/class/tpm/tpm0";

    /// <summary>Variable of the UEFI specification's global namespace: 4 bytes of attributes, then 0 or 1.</summary>
    private const string SecureBootVariable =
        "sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c";

    private static readonly string[] FirstControllers = ["memory", "cpu", "cpuset"];

    /// <summary>What firmware says when nobody filled it in.</summary>
    private static readonly string[] Placeholders =
        ["To Be Filled By O.E.M.", "To be filled by O.E.M.", "Default string", "System manufacturer",
         "System Product Name", "Not Specified", "None"];

    internal static string Kernel(InventoryTree tree) => tree.Text("proc/sys/kernel/osrelease");

    /// <summary>os-release(5): the copy in <c>/usr/lib</c> counts where <c>/etc</c> has none.</summary>
    internal static string Distribution(InventoryTree tree)
    {
        string name = tree.Property("etc/os-release", "PRETTY_NAME");
        return name.Length > 0 ? name : tree.Property("usr/lib/os-release", "PRETTY_NAME");
    }

    /// <summary>A second version counts only with controllers to use; cgroups(7).</summary>
    internal static string CgroupVersion(InventoryTree tree)
    {
        if (tree.Line($"{Cgroups}/cgroup.controllers").Length > 0)
        {
            return "v2";
        }

        ImmutableArray<string> mounted = tree.Names(Cgroups);
        if (!FirstControllers.Any(c => mounted.Contains(c)))
        {
            return "none";
        }

        return mounted.Contains("unified") ? "hybrid" : "v1";
    }

    internal static ImmutableArray<string> SecurityModules(InventoryTree tree) =>
        [.. tree.Line("sys/kernel/security/lsm")
            .Split(',', StringSplitOptions.RemoveEmptyEntries)
            .Take(InventoryLimits.SecurityModulesMax)
            .Select(InventoryTree.Clean)
            .Where(static m => m.Length > 0)];

    /// <summary>The family: told by newer kernels, else seen by the nodes of 2.0 or told by the device.</summary>
    internal static string Tpm(InventoryTree tree) => tree.Number($"{Tpm0}/tpm_version_major") switch
    {
        2 => "2.0",
        1 => "1.2",
        _ => TpmOfOlderKernel(tree),
    };

    internal static string SecureBoot(InventoryTree tree) =>
        tree.Bytes(SecureBootVariable, InventoryLimits.ValueBytesMax) switch
        {
            [_, _, _, _, 1] => "on",
            [_, _, _, _, 0] => "off",
            _ => "",
        };

    internal static string Machine(InventoryTree tree)
    {
        string[] names = [tree.Text("sys/class/dmi/id/sys_vendor"), tree.Text("sys/class/dmi/id/product_name")];
        string firmware = string.Join(' ', names.Where(static n => n.Length > 0 && !Placeholders.Contains(n)));
        return firmware.Length > 0 ? InventoryTree.Clean(firmware) : tree.Text("proc/device-tree/model");
    }

    private static string TpmOfOlderKernel(InventoryTree tree)
    {
        string description = tree.Line($"{Tpm0}/device/description");
        bool hasManager = tree.Names("sys/class/tpmrm").Contains("tpmrm0");
        if (hasManager || description.Contains("2.0", StringComparison.Ordinal))
        {
            return "2.0";
        }

        return tree.Property($"{Tpm0}/device/caps", "TCG version", ':') == "1.2" ? "1.2" : "";
    }
}
