namespace Kedge.Core.Manifests;

/// <summary>A kind of object that a manifest can hold. Never compared as a record.</summary>
/// <param name="Kind">Its name, as written behind <c>kind:</c>.</param>
/// <param name="Description">One or two sentences for a person.</param>
/// <param name="Root">All its fields, from <c>apiVersion</c> down.</param>
/// <param name="Example">A whole manifest in YAML, which a test reads.</param>
public sealed record KindSchema(string Kind, string Description, FieldSchema Root, string Example)
{
    /// <summary>The only API version so far.</summary>
    public const string ApiVersion = "kedge.dev/v1";

    /// <summary>A kind with the head that all kinds share.</summary>
    internal static KindSchema Of(string kind, string description, FieldSchema spec, string example) => new(
        kind,
        description,
        FieldSchema.Group("", description, ApiVersionField, KindField(kind), Metadata, spec, Status),
        example);

    /// <summary>The field at a path as <c>spec.models.name</c>, or null; an empty path is the root.</summary>
    public FieldSchema? Find(string path)
    {
        FieldSchema? at = Root;
        foreach (string step in path.Split('.', StringSplitOptions.RemoveEmptyEntries))
        {
            at = (at?.Item ?? at)?.Find(step);
        }

        return at;
    }

    private static FieldSchema ApiVersionField { get; } = new()
    {
        Name = "apiVersion",
        Shape = FieldShape.Word,
        Description = "Version of the form in which the object is written.",
        IsRequired = true,
        Words = [ApiVersion],
    };

    private static FieldSchema Metadata { get; } = FieldSchema.Group(
        "metadata",
        "What names the object.",
        FieldSchema.Of("name", FieldShape.Name, "Name, unique among the objects of its kind.").Required(),
        FieldSchema.Of("labels", FieldShape.Labels, "Words of your own to find and select it by, as `site: lyon`.")
            .Within(0, Limits.LabelsMax)).Required();

    private static FieldSchema Status { get; } = FieldSchema.Of(
        "status",
        FieldShape.Ignored,
        "What the server says about the object in its answers; read over when it is applied.");

    private static FieldSchema KindField(string kind) => new()
    {
        Name = "kind",
        Shape = FieldShape.Word,
        Description = "What the object is.",
        IsRequired = true,
        Words = [kind],
    };
}
