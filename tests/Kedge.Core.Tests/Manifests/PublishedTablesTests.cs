using System.Text.Json;
using Kedge.Core.Manifests;
using Kedge.Tests.Support;

namespace Kedge.Core.Tests.Manifests;

public class PublishedTablesTests
{
    [Fact]
    public void The_page_of_manifests_is_in_step_with_the_tables() =>
        Assert.Null(GoldenFile.Difference("docs/manifests.md", ManifestPage.Write()));

    [Fact]
    public void The_json_schema_is_in_step_with_the_tables()
    {
        string schema = ManifestJsonSchema.Write();
        using JsonDocument read = JsonDocument.Parse(schema);
        Assert.Equal(ManifestKinds.All.Length, read.RootElement.GetProperty("oneOf").GetArrayLength());
        Assert.Null(GoldenFile.Difference("docs/schema/kedge.dev_v1.schema.json", schema));
    }

    [Fact]
    public void The_examples_are_published_as_files()
    {
        foreach (KindSchema kind in ManifestKinds.All)
        {
            Assert.Null(GoldenFile.Difference(
                $"examples/manifests/{kind.Kind.ToLowerInvariant()}.yaml", kind.Example.ReplaceLineEndings("\n")));
        }
    }

    [Fact]
    public void Every_field_has_a_name_a_description_and_what_its_shape_needs()
    {
        foreach (KindSchema kind in ManifestKinds.All)
        {
            foreach ((string path, FieldSchema field) in ManifestPage.Walk(kind.Root, ""))
            {
                Assert.True(
                    field.Description.EndsWith('.'), $"{kind.Kind} {path} has no description that ends in a point");
                Assert.NotEqual(FieldShape.Unknown, field.Shape);
                Assert.Equal(field.Shape == FieldShape.List, field.Item is not null);
                Assert.Equal(field.Shape == FieldShape.Word, field.Words.Length > 0);
                Assert.Equal(field.Shape == FieldShape.Object, field.Fields.Length > 0);
                Assert.NotEmpty(ManifestPage.Explain(path, field));
            }
        }
    }

    [Fact]
    public void A_field_is_found_by_its_path()
    {
        KindSchema kind = ManifestKinds.Find("Deployment")!;
        Assert.Equal("port", kind.Find("spec.endpoint.port")?.Name);
        Assert.Equal("package", kind.Find("spec.models.package")?.Name);
        Assert.Null(kind.Find("spec.replicas"));
    }
}
