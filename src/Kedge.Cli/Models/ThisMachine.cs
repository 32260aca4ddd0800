using System.Runtime.InteropServices;

namespace Kedge.Cli.Models;

/// <summary>What costs that are measured here count for.</summary>
internal static class ThisMachine
{
    /// <summary>The class of this machine's processor, as placement names that of a device.</summary>
    public static string HardwareClass()
    {
        string architecture = RuntimeInformation.OSArchitecture switch
        {
            Architecture.X64 => "x64",
            Architecture.X86 => "x86",
            Architecture.Arm64 => "arm64",
            Architecture.Arm or Architecture.Armv6 => "arm",
            Architecture.RiscV64 => "riscv64",
            _ => "",
        };
        return Core.Fleet.HardwareClass.Of(
            architecture, File.Exists("/proc/cpuinfo") ? Features(File.ReadLines("/proc/cpuinfo")) : []);
    }

    /// <summary>The words of the first processor's line of extensions (proc(5)).</summary>
    internal static HashSet<string> Features(IEnumerable<string> lines)
    {
        string line = lines.FirstOrDefault(
            static line => line.StartsWith("flags", StringComparison.Ordinal)
                || line.StartsWith("Features", StringComparison.Ordinal),
            "");
        int colon = line.IndexOf(':', StringComparison.Ordinal);
        return new HashSet<string>(
            line[(colon + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries), StringComparer.Ordinal);
    }
}
