using System.Globalization;

namespace Kedge.Agent.Sandbox;

/// <summary>
/// Remembers that the self-test of the sandbox passed, until the next boot. Problem: the test starts a sandbox and ends
/// it, which takes longer than all else that an agent does before it is ready, and an agent that was replaced or killed
/// needs it least. Approach: one line in the folder of running instances names what passed: this boot of the kernel,
/// this agent, these bytes of the runtime, this profile. Anything else, or nothing, means that the test is run again.
/// </summary>
internal static class PassedTest
{
    private const string BootId = "/proc/sys/kernel/random/boot_id";

    /// <summary>The runtime's version when this runtime passed already; else null.</summary>
    public static string? VersionOf(SupervisorOptions options, string runtime)
    {
        try
        {
            string[] lines = File.ReadAllLines(FileIn(options));
            return lines.Length == 2 && lines[0] == KeyOf(runtime) ? lines[1] : null;
        }
        catch (IOException)
        {
            // None was written yet, or it cannot be read: the test is run.
            return null;
        }
    }

    /// <summary>Remembers it; a torn write is no line that matches.</summary>
    public static void Remember(SupervisorOptions options, string runtime, string version) =>
        File.WriteAllLines(FileIn(options), [KeyOf(runtime), version]);

    private static string FileIn(SupervisorOptions options) => Path.Combine(options.RunFolder, "sandbox-test");

    private static string KeyOf(string runtime)
    {
        // Portable code is run by a program that is the same for every version of the agent.
        string portable = Path.Combine(AppContext.BaseDirectory, "kedge-agent.dll");
        string? own = File.Exists(portable) ? portable : Environment.ProcessPath;
        string agent = own is null ? "" : Bytes(own);
        return $"{File.ReadAllText(BootId).Trim()} {agent} {Bytes(runtime)} {AppArmor.Loaded()}";
    }

    private static string Bytes(string program)
    {
        FileInfo file = new(program);
        return string.Create(
            CultureInfo.InvariantCulture, $"{program} {file.Length} {file.LastWriteTimeUtc.Ticks}");
    }
}
