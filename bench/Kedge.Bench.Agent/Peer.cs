using Kedge.Tests.Fleet;

namespace Kedge.Bench.Agent;

/// <summary>A daemon of others that runs beside, idle.</summary>
/// <param name="Name">As its Debian package is called.</param>
/// <param name="Program">Its binary.</param>
/// <param name="Process">Its process.</param>
/// <param name="ReadyMs">From the start of the process to the first connection that it took, milliseconds.</param>
internal sealed record Peer(string Name, string Program, OwnedProcess Process, double ReadyMs)
{
    public int Pid => Process.Id;
}
