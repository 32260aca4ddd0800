namespace Kedge.ModelServer.Http;

/// <summary>Marks a connection that came over the server's own Unix socket, which only its owner can open.</summary>
internal sealed class OwnSocketFeature
{
    internal static readonly OwnSocketFeature Instance = new();
}
