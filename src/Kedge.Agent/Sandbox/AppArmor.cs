using System.Globalization;

namespace Kedge.Agent.Sandbox;

/// <summary>The AppArmor profile that the agent's package brings and its installation loads.</summary>
internal static class AppArmor
{
    /// <summary>Name of the profile in <c>deploy/apparmor</c>.</summary>
    public const string Profile = "kedge-workload";

    private const string Enforced = $"{Profile} (enforce)";

    /// <summary>The profile when the kernel has it loaded and enforces it; else empty.</summary>
    public static string Loaded() => IsAmong("/sys/kernel/security/apparmor/profiles") ? Profile : "";

    /// <summary>True when a process is confined by the profile.</summary>
    public static bool Confines(int pid)
    {
        string process = string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/attr");
        return IsAmong($"{process}/apparmor/current") || IsAmong($"{process}/current");
    }

    private static bool IsAmong(string file)
    {
        try
        {
            return File.Exists(file) && File.ReadLines(file).Contains(Enforced);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A kernel without it has the file and no answer.
            return false;
        }
    }
}
