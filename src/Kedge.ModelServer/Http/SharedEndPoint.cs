using System.Net;

namespace Kedge.ModelServer.Http;

/// <summary>An address that stands for a <see cref="SharedListener"/>: the socket itself comes later.</summary>
/// <param name="name">For the log.</param>
internal sealed class SharedEndPoint(string name) : EndPoint
{
    public override string ToString() => name;
}
