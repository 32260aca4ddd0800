using System.Collections.Immutable;
using System.Net;

namespace Kedge.ModelServer.Metrics;

/// <summary>
/// Requests by who sent them: the first addresses each by themselves, all others as one, so that no number of clients
/// fills memory or metrics.
/// </summary>
internal sealed class ClientCounters
{
    /// <summary>Addresses that are counted by themselves.</summary>
    internal const int NamesMax = 32;

    private readonly Lock _gate = new();
    private readonly ClientCounter _other = new("other");
    private ImmutableArray<ClientCounter> _named = [];

    /// <summary>All of them; the last is of those that have no name.</summary>
    internal ImmutableArray<ClientCounter> All => [.. _named, _other];

    /// <summary>The counter of whoever is at the other end: looked up once for each connection.</summary>
    /// <param name="remote">Its address; null, as a Unix socket has it, is <c>local</c>.</param>
    internal ClientCounter Of(IPAddress? remote)
    {
        string name = remote?.ToString() ?? "local";
        lock (_gate)
        {
            foreach (ClientCounter named in _named)
            {
                if (named.Name == name)
                {
                    return named;
                }
            }

            if (_named.Length == NamesMax)
            {
                return _other;
            }

            ClientCounter added = new(name);
            _named = _named.Add(added);
            return added;
        }
    }
}
