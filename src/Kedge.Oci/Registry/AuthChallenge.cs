using System.Net.Http.Headers;

namespace Kedge.Oci.Registry;

/// <summary>What a registry asks for before it answers (RFC 9110 §11.6.1; the token flow of the distribution project).
/// </summary>
/// <param name="Scheme"><c>Basic</c> or <c>Bearer</c>.</param>
/// <param name="Parameters">By their names in lower case.</param>
internal sealed record AuthChallenge(string Scheme, IReadOnlyDictionary<string, string> Parameters)
{
    private const int ParametersMax = 16;

    public string this[string name] => Parameters.GetValueOrDefault(name, "");

    /// <summary>The first challenge of a kind that is known; null when there is none.</summary>
    public static AuthChallenge? Of(HttpHeaderValueCollection<AuthenticationHeaderValue> headers)
    {
        foreach (string scheme in (string[])["Bearer", "Basic"])
        {
            AuthenticationHeaderValue? found = headers.FirstOrDefault(
                one => string.Equals(one.Scheme, scheme, StringComparison.OrdinalIgnoreCase));
            if (found is not null)
            {
                return new AuthChallenge(scheme, Read(found.Parameter ?? ""));
            }
        }

        return null;
    }

    /// <summary>Reads <c>name="value",name=value</c>; what is out of form ends it.</summary>
    private static Dictionary<string, string> Read(string text)
    {
        Dictionary<string, string> parameters = new(StringComparer.Ordinal);
        int at = 0;
        while (at < text.Length && parameters.Count < ParametersMax)
        {
            int equals = text.IndexOf('=', at);
            if (equals < 0)
            {
                break;
            }

            string name = text[at..equals].Trim().ToLowerInvariant();
            bool isQuoted = equals + 1 < text.Length && text[equals + 1] == '"';
            int from = equals + (isQuoted ? 2 : 1);
            int end = text.IndexOf(isQuoted ? '"' : ',', Math.Min(from, text.Length));
            end = end < 0 ? text.Length : end;
            parameters[name] = text[Math.Min(from, text.Length)..end].Trim();
            int comma = text.IndexOf(',', end);
            at = comma < 0 ? text.Length : comma + 1;
        }

        return parameters;
    }
}
