namespace Kedge.Native;

/// <summary>Who is at the other end of a Unix socket, as the kernel says.</summary>
/// <param name="Pid">Process id in our pid namespace; 0 when it lives in none that we see.</param>
/// <param name="UserId">Effective user id at connect time.</param>
/// <param name="GroupId">Effective group id at connect time.</param>
public readonly record struct PeerIdentity(int Pid, int UserId, int GroupId);
