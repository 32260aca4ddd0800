namespace Kedge.ModelServer.Http;

/// <summary>What a path asks for.</summary>
internal enum RouteKind
{
    /// <summary>Nothing that we have.</summary>
    Unknown = 0,

    /// <summary><c>/v2</c>.</summary>
    Server = 1,

    /// <summary><c>/v2/health/live</c>.</summary>
    Live = 2,

    /// <summary><c>/v2/health/ready</c>.</summary>
    Ready = 3,

    /// <summary><c>/v2/models/NAME[/versions/VERSION]</c>.</summary>
    Model = 4,

    /// <summary>The same and <c>/ready</c>.</summary>
    ModelReady = 5,

    /// <summary>The same and <c>/infer</c>.</summary>
    Infer = 6,

    /// <summary><c>/metrics</c>, on the own socket only.</summary>
    Metrics = 7,
}

/// <summary>A path taken apart, without making strings.</summary>
internal readonly ref struct Route
{
    private const string ModelsPrefix = "/v2/models/";

    private Route(RouteKind kind, ReadOnlySpan<char> model = default, ReadOnlySpan<char> version = default)
    {
        Kind = kind;
        Model = model;
        Version = version;
    }

    internal RouteKind Kind { get; }

    internal ReadOnlySpan<char> Model { get; }

    /// <summary>Empty when the path names none: then the only one is meant.</summary>
    internal ReadOnlySpan<char> Version { get; }

    internal static Route Of(string path)
    {
        if (path.StartsWith(ModelsPrefix, StringComparison.Ordinal))
        {
            return OfModel(path.AsSpan(ModelsPrefix.Length));
        }

        return new Route(path switch
        {
            "/v2" or "/v2/" => RouteKind.Server,
            "/v2/health/live" => RouteKind.Live,
            "/v2/health/ready" => RouteKind.Ready,
            "/metrics" => RouteKind.Metrics,
            _ => RouteKind.Unknown,
        });
    }

    private static Route OfModel(ReadOnlySpan<char> rest)
    {
        ReadOnlySpan<char> model = Cut(ref rest);
        ReadOnlySpan<char> version = default;
        if (rest.StartsWith("versions/", StringComparison.Ordinal))
        {
            Cut(ref rest);
            version = Cut(ref rest);
            if (version.IsEmpty)
            {
                return default;
            }
        }

        RouteKind kind = rest switch
        {
            "" => RouteKind.Model,
            "ready" => RouteKind.ModelReady,
            "infer" => RouteKind.Infer,
            _ => RouteKind.Unknown,
        };
        return model.IsEmpty ? default : new Route(kind, model, version);
    }

    private static ReadOnlySpan<char> Cut(scoped ref ReadOnlySpan<char> rest)
    {
        int slash = rest.IndexOf('/');
        ReadOnlySpan<char> part = slash < 0 ? rest : rest[..slash];
        rest = slash < 0 ? default : rest[(slash + 1)..];
        return part;
    }
}
