using Microsoft.AspNetCore.Http.Features;

namespace Kedge.ModelServer.Http;

/// <summary>
/// One connection's state for the requests that it sends one after the other; made once per connection.
/// </summary>
/// <param name="features">Kestrel's view of the current request.</param>
internal sealed class Exchange(IFeatureCollection features)
{
    internal IFeatureCollection Features { get; private set; } = features;

    internal IHttpRequestFeature Request => Features.GetRequiredFeature<IHttpRequestFeature>();

    internal IHttpResponseFeature Response => Features.GetRequiredFeature<IHttpResponseFeature>();

    internal IHttpResponseBodyFeature ResponseBody => Features.GetRequiredFeature<IHttpResponseBodyFeature>();

    internal IRequestBodyPipeFeature RequestBody => Features.GetRequiredFeature<IRequestBodyPipeFeature>();

    /// <summary>Takes the next request.</summary>
    internal Exchange Reuse(IFeatureCollection features)
    {
        Features = features;
        return this;
    }
}
