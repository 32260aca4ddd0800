using System.Globalization;

namespace Kedge.Agent.Sandbox;

/// <summary>
/// Start times of processes (proc(5), field 22 of <c>/proc/PID/stat</c>): they tell a reused number apart.
/// </summary>
internal static class ProcessStart
{
    /// <summary>Clock ticks since boot; null when there is no such process.</summary>
    public static long? TicksOf(int pid) =>
        FieldsOf(pid) is { } fields ? long.Parse(fields[19], CultureInfo.InvariantCulture) : null;

    /// <summary>True when a signal has stopped the process (state <c>T</c>).</summary>
    public static bool IsStopped(int pid) => FieldsOf(pid) is ["T", ..];

    private static string[]? FieldsOf(int pid)
    {
        try
        {
            string stat = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/stat"));

            // The second field is the program's name in brackets and may hold anything: count from its end.
            return stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        }
        catch (IOException)
        {
            return null;
        }
    }
}
