using System.Globalization;

namespace Kedge.Agent.Link;

/// <summary>Takes <c>host:port</c>, <c>[v6]:port</c> or <c>host</c> apart.</summary>
internal static class HostPort
{
    internal static (string Host, int Port) Split(string text, int defaultPort)
    {
        int colon = text.LastIndexOf(':');
        bool hasPort = colon > 0 && (text.IndexOf(':') == colon || text[colon - 1] == ']')
            && int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out _);
        string host = hasPort ? text[..colon] : text;
        int port = hasPort
            ? int.Parse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture)
            : defaultPort;
        return (host.Trim('[', ']'), port is > 0 and <= 65535 ? port : defaultPort);
    }
}
