namespace Kedge.Agent.Sandbox;

/// <summary>A file or folder of the host that a sandbox may read.</summary>
/// <param name="Source">Where it lies on the host.</param>
/// <param name="Target">Where the sandbox sees it.</param>
internal sealed record BindMount(string Source, string Target);
