namespace Kedge.Core.Placement;

/// <summary>What other deployments request on one device.</summary>
/// <param name="MemoryBytes">Memory in bytes.</param>
/// <param name="CpuMilli">Thousandths of a core.</param>
public readonly record struct ResourcesTaken(long MemoryBytes, int CpuMilli);
