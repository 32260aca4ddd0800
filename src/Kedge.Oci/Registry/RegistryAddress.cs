using System.Net;
using Kedge.Core.Errors;

namespace Kedge.Oci.Registry;

/// <summary>
/// Where calls may go. The registry itself gets the credentials; another host, to which it may send on for blobs, gets
/// none. TLS is never left once it was there, and nothing but HTTP is followed.
/// </summary>
internal sealed class RegistryAddress
{
    public RegistryAddress(OciPlace.Registry place, bool plainHttp)
    {
        Host = new Uri("https://" + place.Authority).IdnHost;
        IsHere = Host == "localhost"
            || (IPAddress.TryParse(Host.Trim('[', ']'), out IPAddress? address) && IPAddress.IsLoopback(address));
        Root = new Uri($"{(plainHttp || IsHere ? "http" : "https")}://{place.Authority}/v2/");
        Repository = new Uri(Root, place.Repository + "/");
    }

    /// <summary>The host without its port.</summary>
    public string Host { get; }

    /// <summary>True when it is this machine.</summary>
    public bool IsHere { get; }

    /// <summary>Where the registry's interface begins.</summary>
    public Uri Root { get; }

    /// <summary>Where the repository's does.</summary>
    public Uri Repository { get; }

    /// <summary>True for the registry itself.</summary>
    public bool IsRegistry(Uri uri) =>
        uri.Scheme == Root.Scheme && uri.Port == Root.Port
        && string.Equals(uri.IdnHost, Root.IdnHost, StringComparison.OrdinalIgnoreCase);

    /// <summary>Where an answer leads.</summary>
    /// <param name="from">What was asked.</param>
    /// <param name="to">Its header Location.</param>
    /// <param name="what">For the message.</param>
    /// <exception cref="KedgeException">It may not lead there (KEDGE-OCI-012).</exception>
    public Uri Follow(Uri from, Uri? to, string what)
    {
        Uri target = to is null
            ? throw new KedgeException(OciErrors.Redirect, $"{what} leads nowhere")
            : new Uri(from, to);
        bool isDown = from.Scheme == Uri.UriSchemeHttps && target.Scheme != Uri.UriSchemeHttps;
        bool isHttp = target.Scheme == Uri.UriSchemeHttps || target.Scheme == Uri.UriSchemeHttp;
        return isHttp && !isDown && target.UserInfo.Length == 0
            ? target
            : throw new KedgeException(
                OciErrors.Redirect, $"{what} leads to {target.GetLeftPart(UriPartial.Authority)}");
    }
}
