using System.Globalization;

namespace Kedge.Agent.Sandbox;

/// <summary>
/// Start times of processes (proc(5), field 22 of <c>/proc/PID/stat</c>): they tell a reused number apart.
/// </summary>
internal static class ProcessStart
{
    /// <summary>Clock ticks since boot; null when there is no such process.</summary>
    public static long? TicksOf(int pid)
    {
        try
        {
            string stat = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/stat"));

            // The second field is the program's name in brackets and may hold anything: count from its end.
            string[] after = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return long.Parse(after[19], CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return null;
        }
    }
}
